"""A SQLite file, looked at before anything could write to it. Imports no torch."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import sqlalchemy

from nia_optuna.search.address import StorageError
from nia_optuna.search.optuna_tables import ALWAYS, OURS, STAMP, STAMPED

# Seconds that a write waits for another process's before it fails, and who only reads.
PATIENCE, READER = 60, 10

# A larger file is not looked at as a whole: SQLite's quick check takes 0.13 s for 100 MB that are
# in memory, and took 10 s on a disk that others kept busy. 20,000 trials with eight parameters and
# curves of 20 epochs are 107 MB.
WHOLE = 100_000_000  # bytes

# What _trouble says of an error whoever meets it, not only who opens the file.
MET = frozenset(
    (
        *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
    )
)


def check_sqlite(file: Path, *, writable: bool, whole: bool) -> bool:
    """Refuse a file that is no sound Optuna database before anything could write to it.

    With `whole` every page is looked at, unless there are too many. Return whether its tables are
    all there: a run that was killed while they were made left some.
    """
    if not os.access(file, os.R_OK | (os.W_OK if writable else 0)):
        raise StorageError(f"no permission to {'write' if writable else 'read'} {file}")
    if not file.is_file():
        what = "folder" if file.is_dir() else "special file"
        raise StorageError(f"{file} is a {what}, where a database should be")
    size = file.stat().st_size
    if size == 0:
        return False
    said = "ok"
    try:
        with contextlib.closing(_look(file, PATIENCE if writable else READER)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = {name for (name,) in rows}
            if not (tables <= OURS or tables >= ALWAYS):
                raise StorageError(
                    f"{file} is a database of another program; name another with --storage"
                )
            if whole and size <= WHOLE:
                (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            made = STAMP in tables and connection.execute(STAMPED).fetchone() is not None
    except sqlite3.DatabaseError as error:
        raise StorageError(_trouble(file, error)) from None
    if said != "ok":
        raise StorageError(_damage(file, said))
    return made


def _trouble(file: Path, error: sqlite3.DatabaseError) -> str:
    """Return why a file cannot be looked at: most of it is no damage."""
    code = _code(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"{file} is in use by another program; run the same again"
    if code == sqlite3.SQLITE_READONLY:
        return f"a run was killed while it wrote {file}; open it once where it may be written"
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL):
        return f"cannot read {file}: {error}"
    return _damage(file, str(error))


def _code(error: BaseException) -> int:
    """Return what kind of error it is to SQLite, without details."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _damage(file: Path, said: str) -> str:
    # A journal that is left beside a copy would be played back into it.
    journal = file.with_name(f"{file.name}-journal")
    aside = f", remove {journal.name}" if journal.exists() else ""
    return (
        f"{file} is not a readable SQLite database: {' '.join(said.split())}; "
        f"put a copy in its place{aside}, or name another with --storage"
    )


def _look(file: Path, patience: float) -> sqlite3.Connection:
    """Open a file to look at it, in use for so many seconds. Raises sqlite3.DatabaseError."""
    for mode in ("ro", "rw"):
        address = f"{file.resolve().as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, uri=True, timeout=patience)
        try:
            connection.execute("SELECT 1 FROM sqlite_master")
        except sqlite3.DatabaseError as error:
            connection.close()
            # A writer that was killed in the middle of a commit: only who may write takes it back.
            if mode == "rw" or error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
        else:
            return connection
    raise AssertionError("either mode returns or raises")


def name_damage(engine: sqlalchemy.Engine, file: Path) -> None:
    """Say of a damaged page, a file that is gone or one in use, whoever meets it, which it is."""

    def name(context: sqlalchemy.engine.ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, sqlite3.DatabaseError) and (said := _met(file, error)):
            raise StorageError(said) from None

    sqlalchemy.event.listen(engine, "handle_error", name)


def _met(file: Path, error: sqlite3.DatabaseError) -> str:
    """Return what is wrong with a file that was sound when it was opened; empty if it may be."""
    moved = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY_DBMOVED
    # A connection that is made anew makes an empty file where there is none.
    if moved or str(error).startswith("no such table: "):
        return (
            f"{file} was removed, emptied or replaced while it was open; "
            "put it back and run the same again, or name another with --storage"
        )
    return _trouble(file, error) if _code(error) in MET else ""
