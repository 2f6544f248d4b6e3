"""The folder that runs leave their traces in, private to its owner."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class RunsError(ValueError):
    """A folder or a study that cannot be had: said in one line."""


@dataclass(frozen=True)
class Runs:
    """Names the places under one folder."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite file that is the storage unless a URL is given."""
        return self.path / "studies.db"

    @property
    def artifacts(self) -> Path:
        """Base of Optuna's FileSystemArtifactStore."""
        return self.path / "artifacts"

    @property
    def checkpoints(self) -> Path:
        """Weights of confirmed configurations, a folder a study."""
        return self.path / "checkpoints"

    @property
    def standings(self) -> Path:
        """Where unfinished trainings stand, a folder a study."""
        return self.path / "standings"

    @property
    def outbox(self) -> Path:
        """Where ended trials are kept until the storage has them, a folder a study."""
        return self.path / "outbox"


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may enter, and its parents, where absent; return it."""
    try:
        for folder in reversed([path, *path.parents]):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
        if not path.is_dir():
            raise RunsError(f"{path} is a file, where a folder should be")
    except OSError as error:
        raise RunsError(f"cannot make the folder {path}: {error.strerror}") from None
    return path


def drop(file: Path) -> None:
    """Remove a file, if it is there, and what writers left of it that were killed."""
    file.unlink(missing_ok=True)
    drop_unfinished(file)


def drop_unfinished(file: Path) -> None:
    """Remove what writers left of a file that were killed; nobody may be writing it.

    `training.checkpoints.write` has the names.
    """
    for left in file.parent.glob(f".{file.name}.*"):
        left.unlink(missing_ok=True)


@contextmanager
def locked(file: Path, *, wait: bool) -> Iterator[bool]:
    """Hold a lock on `file`, made where absent; yields whether it was had.

    The kernel drops the lock with the process, so a killed run leaves none behind.
    """
    private_folder(file.parent)
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RunsError(f"cannot write to {file.parent}: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        yield False
        return
    try:
        yield True
    finally:
        os.close(descriptor)
