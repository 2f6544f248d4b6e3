"""Files that are whole or not there: written beside their place, then moved into it."""

import contextlib
import glob
import os
import time
from collections.abc import Mapping
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
    write_all({path: content})


def write_all(files: Mapping[Path, str | bytes]) -> None:
    """Write files, of which a full disk leaves every old one: none is moved before all are there.

    They are moved in the order given, so that a crash leaves whole ones, and of the last the old.
    Raises ReportError for the first that cannot be written.
    """
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in files}
    path = Path()
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _sweep(path)
            with beside[path].open("wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
        for path in files:
            beside[path].replace(path)
    except OSError as error:
        raise ReportError(f"cannot write {path}: {error.strerror}") from error
    finally:
        for left in beside.values():
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        # Another writer may sweep, too, or finish after all.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > ABANDONED:
                left.unlink()
