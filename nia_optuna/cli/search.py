"""A search as the user of `nia-optuna run` sees it: its progress, its result, how to go on."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nia_optuna.search.run import Machine, Place
    from nia_optuna.study import Study


class SavedError(RuntimeError):
    """The user stopped the run: says how to go on."""


class CutShortError(RuntimeError):
    """The user stopped the run at once: says how to go on."""


class WaitingError(RuntimeError):
    """The storage was away for too long: says what waits for it, and how to go on."""


def search(
    study: Study, place: Place, machine: Machine, finish_pruned: int, extend: str | None
) -> dict[str, Any]:
    """Run the study under a progress display; return its summary, after saying it in words."""
    import optuna
    from rich.console import Console

    from nia_optuna.cli.data import progress as fetching
    from nia_optuna.cli.line import line_to_record, line_to_type
    from nia_optuna.cli.live import can_redraw, live
    from nia_optuna.cli.plain import plain
    from nia_optuna.cli.result import report_line, say_result
    from nia_optuna.data import open_data
    from nia_optuna.findings.read import read
    from nia_optuna.findings.summary import summary as summary_of
    from nia_optuna.search.interrupt import Hurried, Interrupted
    from nia_optuna.search.patience import OutageError
    from nia_optuna.search.run import run as run_study

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    console = Console(stderr=True)
    with redirect_stdout(sys.stderr), fetching() as say:
        open_data(study.dataset, place.data_dir, say)
    shown = live(console) if can_redraw(console) else plain(sys.stderr)
    try:
        # What a study file prints must not get between the user and the JSON document.
        with redirect_stdout(sys.stderr), shown as watch:
            stored = run_study(
                study,
                place,
                machine,
                watch,
                finish_pruned=finish_pruned,
                command=line_to_record(sys.argv),
                extend=extend,
            )
    except Interrupted:
        raise SavedError(f"saved; continue with: {line_to_type(sys.argv)}") from None
    except Hurried:
        line = line_to_type(sys.argv)
        raise CutShortError(f"interrupted before all was saved; continue with: {line}") from None
    except OutageError as error:
        kept = f"what had ended is kept in {place.runs.outbox}"
        line = line_to_type(sys.argv)
        raise WaitingError(f"{error}: {kept}; continue with: {line}") from error
    summary = summary_of(read(stored))
    finished = summary["trials"]["complete"] + summary["trials"]["pruned"]
    timed_out = study.budget.timeout is not None and finished < study.budget.trials
    say_result(console, summary, report_line(summary["study"], place), timed_out=timed_out)
    return summary
