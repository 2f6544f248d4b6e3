"""What tests of several rooms need."""

from collections.abc import Iterator

import pytest

from tests.postgres import Server, server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Return a real PostgreSQL server."""
    with server() as running:
        yield running


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    """Return the URL of a database of the test's own."""
    return postgres.fresh_database()
