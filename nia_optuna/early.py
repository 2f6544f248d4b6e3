"""Ctrl-C while the program still imports itself: it ends as it does later, without a traceback.

The package imports this before all else, and it imports nothing that takes long.
"""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = 130


def take_over() -> None:
    """Let SIGINT end this process in one line until `hand_over`, unless it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def hand_over() -> None:
    """Let SIGINT raise KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_number: int, _frame: object) -> None:
    # An exception would be shown by whatever is being imported, or lost there.
    os.write(2, b"nia-optuna: interrupted\n")
    os._exit(INTERRUPTED)


def _is_program() -> bool:
    """Return whether this process is `nia-optuna` or `python -m nia_optuna`."""
    # While `python -m` imports a package, the option stands where its file will.
    name = os.path.basename(sys.argv[0])  # noqa: PTH119  # pathlib takes as long as the rest of it
    return name == "nia-optuna" or (name == "-m" and "nia_optuna" in sys.orig_argv)


if _is_program():
    take_over()
