"""What goes wrong in a training, as a message. Imports no torch."""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

from nia_optuna.search.protocol import Broken, Crowded, Failed, Run

# What no other configuration would survive either: no room, no memory, too many files, a bad disk.
MACHINE_ERRORS = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
)


def failure(run: Run, error: BaseException, *, short: bool) -> Failed | Broken | Crowded:
    """Return the last message of a run that raised; `short` says that memory ran out."""
    if short:
        return Crowded(run, reason(error))
    broken = isinstance(error, OSError) and error.errno in MACHINE_ERRORS
    return (Broken if broken else Failed)(run, reason(error))


def reason(error: BaseException) -> str:
    """Return what went wrong in one line, with the place in the code that raised it."""
    first = next(iter(str(error).strip().splitlines()), "")
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {first}{place}"[:500]
