"""What tests of several rooms need."""

import signal
from collections.abc import Iterator

import pytest

from tests.postgres import Server, server

# Whoever started the tests with nohup ignores this signal, and so would the programs under test.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Return a real PostgreSQL server."""
    with server() as running:
        yield running


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    """Return the URL of a database of the test's own."""
    return postgres.fresh_database()
