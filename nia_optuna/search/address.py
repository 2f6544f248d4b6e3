"""Where a storage is: a database URL, read and shown without its password. Imports no torch."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy

from nia_optuna.search.runs import Runs

# What studies lie in, as the beginning of a URL.
SQLITE = ("sqlite", "sqlite+pysqlite")
POSTGRESQL = "postgresql+psycopg"
ADVICE = f"name a storage as sqlite:///file.db or {POSTGRESQL}://user@host/database"

# Options of libpq that are whole numbers, and what one of them may be.
NUMBERS = frozenset(
    (
        *("connect_timeout", "tcp_user_timeout"),
        *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"),
    )
)
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
LAST_PORT = 65535
OPTIONS = (
    "behind the ? of a database URL are options that libpq knows, with such values as it takes: "
    "?connect_timeout=10&sslmode=require; in a password a ? must be written as %3F"
)


class StorageError(ValueError):
    """A storage that cannot be used: said in one line, with any password masked."""


class AddressError(StorageError):
    """What was given for a database URL is none, or none of a database that studies can lie in."""


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
        _check_server(parsed)
        return None
    if parsed.drivername not in SQLITE:
        raise AddressError(f"studies cannot lie in {parsed.drivername}; {ADVICE}")
    path = parsed.database or ""
    if parsed != sqlalchemy.URL.create(parsed.drivername, database=path) or path[:5] == "file:":
        raise AddressError(
            "a SQLite URL is a path and nothing else: sqlite:///file.db in this folder, "
            "sqlite:////folder/file.db anywhere"
        )
    if path in ("", ":memory:"):
        raise AddressError("an in-memory database is gone when the run ends; name a file")
    return Path(path)


def _check_server(parsed: sqlalchemy.URL) -> None:
    """Refuse what libpq would refuse before it asks any server, as far as that is installed."""
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import make_conninfo
    except ImportError:
        return  # whoever connects says so
    dialect = parsed.set(drivername=POSTGRESQL).get_dialect()()
    try:
        told = dialect.create_connect_args(parsed)[1]
        make_conninfo(**told)
        ports = [int(port) for port in str(told.get("port", "")).split(",") if port]
        for name in NUMBERS & told.keys():
            int(told[name])
    except (ProgrammingError, sqlalchemy.exc.ArgumentError, ValueError, TypeError):
        # What exactly is not said: behind the ? of a password that holds one is the rest of it.
        raise AddressError(OPTIONS) from None
    if told.get("sslmode", "prefer") not in SSL_MODES:
        raise AddressError(OPTIONS)
    if any(not 0 < port <= LAST_PORT for port in ports):
        raise AddressError(f"the port in a database URL is a number from 1 to {LAST_PORT}")


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


def driven(address: str) -> str:
    """Return a URL that names its driver: which one SQLAlchemy takes depends on its version."""
    kind, colon, rest = address.partition(":")
    return f"{POSTGRESQL if kind == 'postgresql' else kind}{colon}{rest}"
