"""Questions that a PostgreSQL server leaves unanswered, which nobody waits for who wants to stop.

A server that is stopped, or behind a network that drops everything, refuses nothing: the driver
would wait for as long as the kernel takes a connection for alive.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, Self, TypeVar

import psycopg
from sqlalchemy import Engine, event

from nia_optuna.search import patience
from nia_optuna.search.interrupt import Wish

T = TypeVar("T")

# So long a server has at least to let somebody in, however long ago the user wanted to stop.
CONNECT_SECONDS = 2.0


class SilentError(psycopg.OperationalError):
    """An answer did not come, and the user wants to stop."""


class Line(psycopg.Connection[Any]):
    """A connection that closes where an answer does not come, and the user wants to stop."""

    wish = Wish()

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:  # noqa: ANN401
        """Return what `gen` returns, for which the driver waits and asks anew every tenth second.

        Raises psycopg.OperationalError where that takes five seconds in which the user wants to
        stop.
        """
        try:
            return super().wait(_heeding(gen, self.wish, patience.LAST_SECONDS), *args, **kwargs)
        except SilentError:
            self.close()  # nothing else is to be waited for on it
            raise

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Generator[Any, Any, Self]:
        # What the driver waits for, up to `connect_timeout`: it has no public name.
        return _heeding(super()._connect_gen(conninfo), cls.wish, CONNECT_SECONDS)


def _heeding(gen: Generator[Any, Any, T], wish: Wish, least: float) -> Generator[Any, Any, T]:
    """Do what `gen` does, for `least` seconds at least, until the user wants to stop."""
    began = time.monotonic()
    try:
        awaited = next(gen)
        while True:
            arrived = yield awaited
            if time.monotonic() >= max(began + least, wish.since + patience.LAST_SECONDS):
                raise SilentError("no answer came before the run was to end")
            awaited = gen.send(arrived)
    except StopIteration as end:
        result: T = end.value
        return result


def heed(engine: Engine, wish: Wish) -> None:
    """Let every connection of `engine` from here on heed a wish, and those that are open end."""

    class Heeding(Line):
        pass

    Heeding.wish = wish

    def connect(_dialect: object, _record: object, args: list[Any], given: dict[str, Any]) -> Line:
        return Heeding.connect(*args, **given)

    event.listen(engine, "do_connect", connect)
    engine.dispose()
