"""The program `nia-optuna`: commands, and every error as one line with its exit code.

0 done · 1 it failed · 2 wrong usage or bad input · 130 interrupted, everything saved.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from nia_optuna.cli.dashboard import dashboard
from nia_optuna.cli.data import data
from nia_optuna.cli.predict import predict
from nia_optuna.cli.report import report
from nia_optuna.cli.run import run
from nia_optuna.cli.status import status
from nia_optuna.cli.streams import prepare_streams
from nia_optuna.early import INTERRUPTED, hand_over
from nia_optuna.search.interrupt import heeded, interrupt

app = typer.Typer(
    name="nia-optuna",
    help="A study file asks a question; run answers it; report writes it up.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (run, report, predict, status, dashboard, data):
    app.command()(command)

MOST_LETTERS = 600
FAILED, MISUSED = 1, 2
BAD_INPUT = (
    "LoadError",
    "StudyError",
    "SpaceError",
    "ChangedError",
    "ReplayError",
    "AddressError",
    "PredictError",
    "DataError",  # but not UnavailableError: what could not be fetched was rightly asked for
)

STOPPED = ("SavedError", "CutShortError")


def _print_version(wanted: bool) -> None:  # noqa: FBT001  # Typer passes it so
    if wanted:
        typer.echo(f"nia-optuna {version('nia-optuna')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    debug: Annotated[  # read by main, so that it works behind a command too
        bool, typer.Option("--debug", help="Show the traceback of an error.")
    ] = False,
    version: Annotated[  # handled by its callback
        bool, typer.Option("--version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Tune small neural networks and write up what was found."""


def main() -> None:
    """Run the program on sys.argv and exit."""
    prepare_streams()
    words = [word for word in sys.argv[1:] if word != "--debug"]
    debug = len(words) < len(sys.argv) - 1
    try:
        hand_over()
        # Until a run takes them over, SIGTERM and SIGHUP end the program as Ctrl-C does.
        for number in heeded():
            if number != signal.SIGINT:
                signal.signal(number, interrupt)
        code = app(words, standalone_mode=False) or 0
        if code == INTERRUPTED:
            # Typer makes an exit code of Ctrl-C.
            _say("interrupted", INTERRUPTED)
    except Exception as error:  # noqa: BLE001  # the last line of defence against a traceback
        if debug:
            traceback.print_exc()
        code = _say(*_explain(error))
    except KeyboardInterrupt:
        code = _say("interrupted", INTERRUPTED)
    try:
        sys.stdout.flush()
    except OSError as error:
        # The interpreter would try it again at its end, and show a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or _say(f"{error.strerror}: standard output", FAILED)
    sys.exit(code)


def _explain(error: Exception) -> tuple[str, int]:
    """Return what went wrong in one line, and the exit code for it."""
    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        said = error.format_message()
        hint = f" (see {context.command_path} --help)" if context and said else ""
        return f"{said}{hint}", MISUSED
    if type(error).__module__.startswith("nia_optuna."):
        codes = dict.fromkeys(BAD_INPUT, MISUSED) | dict.fromkeys(STOPPED, INTERRUPTED)
        return str(error), codes.get(type(error).__name__, FAILED)
    return _foreign(error), FAILED


def _foreign(error: Exception) -> str:
    """Return what a library or the machine complained about."""
    if type(error).__module__.partition(".")[0] in ("sqlalchemy", "optuna"):
        # What the driver said, without the statement it was said about.
        cause = getattr(error, "orig", None) or error.__cause__ or error
        said = str(getattr(cause, "orig", None) or cause).splitlines()
        line = said[0] if said else type(error).__name__
        way_out = "; make room, and run the same again" if line.endswith("disk is full") else ""
        return f"the storage failed: {line}{way_out}"
    if isinstance(error, MemoryError):
        return f"not enough memory: {error}"
    if isinstance(error, OSError):
        return f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"unexpected {type(error).__name__}: {error} ({place}); --debug shows the traceback"


def _say(line: str, code: int) -> int:
    """Print a message as one line; return the exit code it came with."""
    if words := " ".join(line.split()):
        sys.stderr.write(f"nia-optuna: {words[:MOST_LETTERS]}\n")
    return code
