"""The Optuna storage that studies live in: opened, or refused in one line. Imports no torch."""

from __future__ import annotations

import os
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

from nia_optuna.search.address import (
    StorageError,
    default_address,
    driven,
    masked,
    sqlite_file,
)
from nia_optuna.search.bulk import BulkStorage
from nia_optuna.search.optuna_tables import STAMP, STAMPED
from nia_optuna.search.runs import locked
from nia_optuna.search.sqlite import PATIENCE, check_sqlite, name_damage

# Without them a server whose network is gone is waited for as long as the kernel likes: hours.
LIMITS = {
    "connect_timeout": 10,  # seconds, as are the next two
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
}


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
    address = default_address(runs_dir) if url is None else url
    file = sqlite_file(address)
    if file is None:
        return _connect_to_server(address, create=create)
    if not create:
        if not (file.exists() and check_sqlite(file, writable=False, whole=check)):
            raise StorageError(
                f"no studies yet in {file.parent}; start one with: nia-optuna run STUDY.py"
            )
        return _connect(address, made=True)
    # Two processes that create the tables of a fresh database at once make one of them crash.
    with locked(_beside(file), wait=True):
        made = file.exists() and check_sqlite(file, writable=True, whole=True)
        if not file.exists():
            file.touch(mode=0o600)
        return _connect(address, made=made)


@contextmanager
def claim(url: str | None, runs_dir: Path, study: str) -> Iterator[None]:
    """Hold a study for this process; raises StorageError where another run holds it.

    The lock lies beside a SQLite file, so that it is the same from every folder and by every
    symbolic link. In PostgreSQL runs share a study, see leases.py, and nothing is held.
    """
    file = sqlite_file(default_address(runs_dir) if url is None else url)
    if file is None:
        yield
        return
    with locked(_beside(file, f".{study}.lock"), wait=False) as held:
        if not held:
            raise StorageError(f"study {study!r} is being run by another process in {file.parent}")
        yield


def sign_of(storage: RDBStorage, study: str) -> Path | None:
    """Return the file that is there while the holder of a claim trains the study's trials itself.

    Who is killed then leaves it. None in PostgreSQL, where leases say who died.
    """
    file = storage.engine.url.database
    if storage.engine.dialect.name != "sqlite" or file is None:
        return None
    return _beside(Path(file), f".{study}.inline")


def _beside(file: Path, ending: str = "") -> Path:
    """Return where what belongs to a SQLite file lies, the same by every symbolic link to it."""
    itself = Path(os.path.realpath(file))
    return itself.with_name("locks") / f"{itself.name}{ending}"


def _connect_to_server(address: str, *, create: bool) -> RDBStorage:
    """Connect to a PostgreSQL server; with `create` tables are made where absent."""
    from nia_optuna.search.lease_tables import TABLES
    from nia_optuna.search.transactions import alone

    with _said(address):
        engine = sqlalchemy.create_engine(
            driven(address), poolclass=sqlalchemy.pool.NullPool, connect_args=_limits(address)
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
    escaped = driven(address).replace("{", "{{").replace("}", "}}")
    file = sqlite_file(address)
    limits = {"timeout": PATIENCE} if file else _limits(address)
    arguments: dict[str, Any] = {"connect_args": limits, "pool_pre_ping": file is None}
    with _said(address):
        storage = BulkStorage(escaped, engine_kwargs=arguments, skip_table_creation=made)
        if file is not None:
            name_damage(storage.engine, file)
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
