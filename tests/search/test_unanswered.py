"""Whoever wants to stop does not wait for a server that answers nothing."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from nia_optuna.search import patience
from nia_optuna.search.interrupt import Interrupted, Wish
from nia_optuna.search.patience import Patience
from nia_optuna.search.transactions import alone
from nia_optuna.search.unanswered import CONNECT_SECONDS, heed

LAST = 0.5
SLOW = "SELECT pg_sleep(1)"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LAST_SECONDS", LAST)


def heeding(url: str, wish: Wish) -> Engine:
    engine = create_engine(url, pool_pre_ping=True)
    heed(engine, wish)
    return engine


@contextmanager
def wished(wish: Wish, after: float = 0.2) -> Iterator[float]:
    """Let the user want to stop in a moment; yield when that began."""
    asks = threading.Timer(after, wish.ask)
    asks.start()
    yield time.monotonic()
    asks.join()


def test_a_question_without_an_answer_ends_with_its_connection(postgres_url: str) -> None:
    wish = Wish()
    engine = heeding(postgres_url, wish)
    with (
        wished(wish) as began,
        pytest.raises(OperationalError, match="no answer"),
        engine.begin() as connection,
    ):
        connection.execute(text("SELECT pg_sleep(60)"))
    assert time.monotonic() - began < 10
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


@pytest.fixture
def deaf() -> Iterator[str]:
    """Return the URL of a server that takes connections and says nothing, waited for as it says."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        yield f"postgresql+psycopg://nobody@127.0.0.1:{port}/x?connect_timeout=60"


def test_a_server_that_lets_nobody_in_is_not_waited_for(deaf: str) -> None:
    wish = Wish()
    wish.ask()
    began = time.monotonic()
    with pytest.raises(OperationalError, match="no answer"):
        heeding(deaf, wish).connect()
    assert time.monotonic() - began < CONNECT_SECONDS + 3


def test_a_server_may_take_as_long_to_let_in_as_its_url_says_until_somebody_wants_to_stop(
    deaf: str,
) -> None:
    wish, after = Wish(), CONNECT_SECONDS + 0.5
    with wished(wish, after) as began, pytest.raises(OperationalError, match="no answer"):
        heeding(deaf, wish).connect()
    assert after + LAST <= time.monotonic() - began < after + LAST + 3


def test_who_wants_to_stop_while_another_begins_the_study_is_told_of_no_outage(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = Wish()
    with (
        alone(create_engine(postgres_url), "small"),
        wished(wish),
        pytest.raises(Interrupted),
        alone(heeding(postgres_url, wish), "small", Patience(wish)),
    ):
        pass
    assert capsys.readouterr().err == ""


def test_an_answer_may_take_its_time_while_nobody_wants_to_stop(postgres_url: str) -> None:
    engine = heeding(postgres_url, Wish())
    with engine.begin() as connection:
        connection.execute(text(SLOW))


def test_what_is_asked_long_after_the_wish_has_its_time_too(postgres_url: str) -> None:
    wish = Wish(since=time.monotonic() - 100)
    with heeding(postgres_url, wish).begin() as connection:
        for _ in range(4):
            connection.execute(text(f"SELECT pg_sleep({LAST / 3})"))
