"""Questions that a PostgreSQL server leaves unanswered, which nobody waits for who wants to stop.

A server that is stopped, or behind a network that drops everything, refuses nothing: the driver
would wait for as long as the kernel takes a connection for alive.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, event

from nia_optuna.search import patience
from nia_optuna.search.interrupt import Wish

T = TypeVar("T")

SHORTEST_TIMEOUT = 2  # seconds, less than which the driver does not allow


class Line(psycopg.Connection[Any]):
    """A connection that closes where an answer does not come, and the user wants to stop."""

    wish = Wish()

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:  # noqa: ANN401
        """Return what `gen` returns, for which the driver waits and asks anew every tenth second.

        Raises psycopg.OperationalError where that takes five seconds in which the user wants to
        stop.
        """
        return super().wait(self._heeding(gen), *args, **kwargs)

    def _heeding(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        began = time.monotonic()
        try:
            awaited = next(gen)
            while True:
                arrived = yield awaited
                if time.monotonic() >= max(began, self.wish.since) + patience.LAST_SECONDS:
                    self.close()  # nothing else is to be waited for on it
                    raise psycopg.OperationalError("no answer came before the run was to end")
                awaited = gen.send(arrived)
        except StopIteration as end:
            result: T = end.value
            return result


def heed(engine: Engine, wish: Wish) -> None:
    """Let every connection of `engine` from here on heed a wish, and those that are open end."""

    def connect(_dialect: object, _record: object, args: list[Any], given: dict[str, Any]) -> Line:
        left = patience.LAST_SECONDS
        if wish.stop:
            left = wish.since + patience.LAST_SECONDS - time.monotonic()
        timeout = min(int(given.get("connect_timeout", left)), int(left))
        line = Line.connect(*args, **{**given, "connect_timeout": max(timeout, SHORTEST_TIMEOUT)})
        line.wish = wish
        return line

    event.listen(engine, "do_connect", connect)
    engine.dispose()
