"""The Optuna storage that studies live in: opened, or refused in one line. Imports no torch."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from sqlalchemy import select
from sqlalchemy.orm import Session

from nia_optuna.search.bulk import BulkStorage
from nia_optuna.search.runs import Runs, locked

# Holds the version of Optuna's tables, and is written last.
STAMP = "alembic_version"
STAMPED = f"SELECT 1 FROM {STAMP}"  # noqa: S608  # no text of a user's
# The tables of an Optuna database, some of which are in every version.
OURS = frozenset((*models.BaseModel.metadata.tables, STAMP))
ALWAYS = frozenset(("version_info", STAMP, "studies", "trials"))

# Seconds that a write waits for another process's before it fails.
PATIENCE = 60

# A larger file is not looked at as a whole: SQLite's quick check takes 0.13 s for 100 MB that are
# in memory, and took 10 s on a disk that others kept busy. 20,000 trials with eight parameters and
# curves of 20 epochs are 107 MB.
WHOLE = 100_000_000  # bytes

# What studies lie in, as the beginning of a URL.
SQLITE = ("sqlite", "sqlite+pysqlite")
POSTGRESQL = "postgresql+psycopg"
ADVICE = f"name a storage as sqlite:///file.db or {POSTGRESQL}://user@host/database"

# Without them a server whose network is gone is waited for as long as the kernel likes: hours.
LIMITS = {
    "connect_timeout": 10,  # seconds, as are the next two
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
}


class StorageError(ValueError):
    """A storage that cannot be used: said in one line, with any password masked."""


class AddressError(StorageError):
    """What was given for a database URL is none, or none of a database that studies can lie in."""


def open_storage(
    url: str | None, runs_dir: Path, *, create: bool, check: bool = False
) -> RDBStorage:
    """Open the storage at `url`, or the SQLite file under `runs_dir` where url is None.

    With `create` what is absent is made; without, its absence is a StorageError, as is a database
    that is damaged, foreign, of another schema, unreachable or not writable: such a SQLite file is
    left as it is. With `create` or `check` every page of a SQLite file of up to 100 MB is looked
    at for damage; else, and later, damage is a StorageError of whoever meets it. Raises
    AddressError where `url` is no URL of a SQLite file or a PostgreSQL database.
    """
    address = url or default_address(runs_dir)
    file = sqlite_file(address)
    if file is None:
        return _connect_to_server(address, create=create)
    if not create:
        if not (file.exists() and _check_sqlite(file, writable=False, whole=check)):
            raise StorageError(
                f"no studies yet in {file.parent}; start one with: nia-optuna run STUDY.py"
            )
        return _connect(address, made=True)
    # Two processes that create the tables of a fresh database at once make one of them crash.
    with locked(file.parent / "locks" / file.name, wait=True):
        made = file.exists() and _check_sqlite(file, writable=True, whole=True)
        if not file.exists():
            file.touch(mode=0o600)
        return _connect(address, made=made)


@contextmanager
def claim(url: str | None, runs_dir: Path, study: str) -> Iterator[None]:
    """Hold a study for this process; raises StorageError where another run holds it.

    The lock lies beside a SQLite file, so that it is the same from every folder. In PostgreSQL
    runs share a study, see leases.py, and nothing is held.
    """
    if url is not None and is_shared(url):
        yield
        return
    file = sqlite_file(url or default_address(runs_dir))
    folder, prefix = (runs_dir, "") if file is None else (file.parent, f"{file.name}.")
    with locked(folder / "locks" / f"{prefix}{study}.lock", wait=False) as held:
        if not held:
            raise StorageError(f"study {study!r} is being run by another process in {folder}")
        yield


def sqlite_file(url: str) -> Path | None:
    """Return the file behind a SQLite URL, None for a PostgreSQL database; raises AddressError."""
    try:
        parsed = sqlalchemy.make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise AddressError("the storage is not a database URL, such as sqlite:///file.db") from None
    if parsed.drivername in ("postgresql", POSTGRESQL):
        if "@" in f"{parsed.host}{parsed.database}" or url.partition("?")[0].count("@") > 1:
            # It would be looked for, and shown, with a part of the password for a host.
            raise AddressError(
                "in the user name and the password of a database URL an @ must be written as %40, "
                "a / as %2F and a : as %3A"
            )
        return None
    if parsed.drivername not in SQLITE:
        raise AddressError(f"studies cannot lie in {parsed.drivername}; {ADVICE}")
    if not parsed.database or parsed.database == ":memory:":
        raise AddressError("an in-memory database is gone when the run ends; name a file")
    if parsed.host or parsed.username or parsed.query or parsed.database.startswith("file:"):
        raise AddressError(
            "a SQLite URL is a path and nothing else: sqlite:///file.db in this folder, "
            "sqlite:////folder/file.db anywhere"
        )
    return Path(parsed.database)


def is_shared(url: str) -> bool:
    """Return whether several runs may share a study in the database at `url`."""
    return sqlite_file(url) is None


def masked(url: str) -> str:
    """Return `url` without its password and without its query, which may hold one too."""
    parsed = sqlalchemy.make_url(url)
    shown = parsed.set(query={}).render_as_string(hide_password=True)
    return f"{shown}?…" if parsed.query else shown


def default_address(runs_dir: Path) -> str:
    """Return the URL of the SQLite file under `runs_dir`; raises AddressError if none can be."""
    file = Runs(runs_dir).database
    if set(str(file)) & set("?#%"):
        raise AddressError(f"the path {file} holds ?, # or %, which no database URL can say")
    return f"sqlite:///{file}"


def _connect_to_server(address: str, *, create: bool) -> RDBStorage:
    """Connect to a PostgreSQL server; with `create` tables are made where absent."""
    from nia_optuna.search.leases import TABLES, alone

    with _said(address):
        engine = sqlalchemy.create_engine(
            _driven(address), poolclass=sqlalchemy.pool.NullPool, connect_args=_limits(address)
        )
        # Processes that create the tables of a fresh database at once make all but one crash.
        with alone(engine, "tables"):
            made = _is_made(engine)
            if not (made or create):
                raise StorageError(
                    f"no studies yet in {masked(address)}; start one with: nia-optuna run STUDY.py"
                )
            storage = _connect(address, made=made)
            if create:
                TABLES.create_all(storage.engine)
    return storage


def _is_made(engine: sqlalchemy.Engine) -> bool:
    """Return whether Optuna's tables are all there."""
    if not sqlalchemy.inspect(engine).has_table(STAMP):
        return False
    with engine.connect() as connection:
        return connection.execute(sqlalchemy.text(STAMPED)).first() is not None


def _connect(address: str, *, made: bool) -> RDBStorage:
    """Open a database, and make Optuna's tables unless they are `made`."""
    # Optuna fills {placeholders} in a URL from the environment: a brace in a password is no such.
    escaped = _driven(address).replace("{", "{{").replace("}", "}}")
    file = sqlite_file(address)
    limits = {"timeout": PATIENCE} if file else _limits(address)
    arguments: dict[str, Any] = {"connect_args": limits, "pool_pre_ping": file is None}
    with _said(address):
        storage = BulkStorage(escaped, engine_kwargs=arguments, skip_table_creation=made)
        if file is not None:
            _name_damage(storage.engine, file)
        _check_schema(storage, address)
    return storage


def _check_schema(storage: RDBStorage, address: str) -> None:
    """Refuse tables of a newer version, which Optuna itself may take for its own."""
    with Session(storage.engine) as session:
        found = session.scalar(select(models.VersionInfoModel.schema_version))
    if found is not None and found > models.SCHEMA_VERSION:
        raise StorageError(
            f"cannot use the storage {masked(address)}: its tables have version {found}, and this "
            f"Optuna knows {models.SCHEMA_VERSION}; update it: pip install -U optuna"
        )


def _limits(address: str) -> dict[str, int]:
    """Return what the driver of PostgreSQL is to be told, apart from what the URL says itself."""
    told = sqlalchemy.make_url(address).query
    return {name: value for name, value in LIMITS.items() if name not in told}


def _driven(address: str) -> str:
    """Return a URL that names its driver: which one SQLAlchemy takes depends on its version."""
    kind, colon, rest = address.partition(":")
    return f"{POSTGRESQL if kind == 'postgresql' else kind}{colon}{rest}"


def _name_damage(engine: sqlalchemy.Engine, file: Path) -> None:
    """Say of a damaged page, whoever meets it, in which file it is."""

    def name(context: sqlalchemy.engine.ExceptionContext) -> None:
        if _code(context.original_exception) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StorageError(_damage(file, str(context.original_exception))) from None

    sqlalchemy.event.listen(engine, "handle_error", name)


@contextmanager
def _said(address: str) -> Iterator[None]:
    """Say in one line why a database cannot be opened."""
    try:
        yield
    except ImportError:
        install = "install one: pip install 'nia-optuna[postgres]'"
        raise StorageError(f"no driver for {masked(address)}; {install}") from None
    except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        cause = getattr(error, "orig", None) or error.__cause__ or error
        line = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
        raise StorageError(f"cannot open the storage {masked(address)}: {line}") from None
    except RuntimeError as error:
        # Optuna's own check of the schema version.
        line = str(error).splitlines()[0]
        raise StorageError(f"cannot use the storage {masked(address)}: {line}") from None


def _check_sqlite(file: Path, *, writable: bool, whole: bool) -> bool:
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
        with contextlib.closing(_look(file)) as connection:
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
        return f"{file} is in use by another program; try again"
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


def _look(file: Path) -> sqlite3.Connection:
    """Open a file to look at it. Raises sqlite3.DatabaseError."""
    for mode in ("ro", "rw"):
        address = f"{file.resolve().as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, uri=True, timeout=PATIENCE)
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
