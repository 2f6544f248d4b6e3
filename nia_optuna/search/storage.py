"""Where studies live: one folder for a user's runs, one Optuna storage. Imports no torch."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import RDBStorage


class StorageError(ValueError):
    """A storage that cannot be used: said in one line, with any password masked."""


@dataclass(frozen=True)
class Runs:
    """The folder that runs leave their traces in."""

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

    @contextmanager
    def claim(self, name: str) -> Iterator[None]:
        """Hold the study `name` for this process; raises StorageError if another run holds it.

        The kernel drops the lock with the process, so a killed run leaves none behind.
        """
        folder = private_folder(self.path / "locks")
        with (folder / f"{name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StorageError(
                    f"study {name!r} is being run by another process in {self.path}"
                ) from None
            yield


def open_storage(url: str | None, runs_dir: Path, *, create: bool) -> RDBStorage:
    """Open the storage at `url`, or the SQLite file under `runs_dir` where url is None.

    With `create` an absent SQLite file is made; without, its absence is a StorageError, as is
    a database that is corrupt, foreign, of another schema, unreachable or not writable.
    """
    runs = Runs(runs_dir)
    address = url or f"sqlite:///{runs.database}"
    file = sqlite_file(address)
    if file is None:
        return _connect(address)
    if not file.exists() and not create:
        raise StorageError(
            f"no studies yet in {file.parent}; start one with: nia-optuna run STUDY.py"
        )
    if create:
        private_folder(file.parent)
    if file.exists():
        _check_sqlite(file, writable=create)
        if not create:
            return _connect(address)
    # Two processes that create the tables of a fresh database at once make one of them crash.
    with (file.parent / f".{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file.touch(mode=0o600)
        return _connect(address)


def sqlite_file(url: str) -> Path | None:
    """Return the file behind a SQLite URL, None for any other database."""
    try:
        parsed = sqlalchemy.make_url(url)
    except sqlalchemy.exc.ArgumentError:
        raise StorageError("the storage is not a database URL, such as sqlite:///file.db") from None
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        raise StorageError("an in-memory database is gone when the run ends; name a file")
    return Path(parsed.database)


def masked(url: str) -> str:
    """Return `url` with its password replaced."""
    return sqlalchemy.make_url(url).render_as_string(hide_password=True)


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may enter, if it is not there, and return it."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the folder {path}: {error.strerror}") from None
    return path


def _connect(address: str) -> RDBStorage:
    # Optuna fills {placeholders} in a URL from the environment: a brace in a password is no such.
    escaped = address.replace("{", "{{").replace("}", "}}")
    try:
        return RDBStorage(
            escaped,
            engine_kwargs={"pool_pre_ping": True}
            | ({"connect_args": {"timeout": 60}} if sqlite_file(address) else {}),
        )
    except (ImportError, sqlalchemy.exc.NoSuchModuleError):
        raise StorageError(
            f"no driver for {masked(address)}; install one: pip install 'nia-optuna[postgres]'"
        ) from None
    except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        cause = getattr(error, "orig", None) or error.__cause__ or error
        line = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
        raise StorageError(f"cannot open the storage {masked(address)}: {line}") from None
    except RuntimeError as error:
        # Optuna's own check of the schema version.
        line = str(error).splitlines()[0]
        raise StorageError(f"cannot use the storage {masked(address)}: {line}") from None


def _check_sqlite(file: Path, *, writable: bool) -> None:
    """Refuse a file that is no Optuna database before anything could write to it."""
    if not os.access(file, os.R_OK | (os.W_OK if writable else 0)):
        raise StorageError(f"no permission to {'write' if writable else 'read'} {file}")
    if file.stat().st_size == 0:
        return
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = {name for (name,) in rows}
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{file} is not a readable SQLite database: {error}") from None
    if tables and "version_info" not in tables:
        raise StorageError(f"{file} is a database of another program; name another with --storage")
