"""Files that are whole or not there: written beside their place, then moved into it."""

import contextlib
import glob
import os
import time
from pathlib import Path

# What a writer has not finished after so many seconds it never will: it was killed.
ABANDONED = 3600.0


class ReportError(ValueError):
    """A report that could not be written: said in one line."""


def write(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` so that a crash or a full disk leaves the old file whole.

    What writers of it that were killed left an hour ago goes. Raises ReportError where the file
    cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise ReportError(f"cannot write {path}: {error.strerror}") from error


def _sweep(path: Path) -> None:
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        # Another writer may sweep, too, or finish after all.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()
