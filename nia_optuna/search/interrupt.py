"""Ctrl-C and SIGTERM as a wish that the loop reads when its books are in order."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


class Interrupted(Exception):  # noqa: N818  # a wish of the user, not an error
    """The user asked to stop; everything is saved."""


@dataclass
class Wish:
    """Whether the user wants to stop: `since` when, in seconds of the monotonic clock."""

    since: float = math.inf

    @property
    def stop(self) -> bool:
        """Whether the user wants to stop."""
        return self.since < math.inf

    def ask(self) -> None:
        """Want to stop from now on."""
        self.since = min(self.since, time.monotonic())


@contextmanager
def interruptible() -> Iterator[Wish]:
    """Turn the first SIGINT or SIGTERM into a wish; a second one interrupts at once."""
    wish = Wish()

    def asked(number: int, frame: FrameType | None) -> None:
        if wish.stop:
            signal.default_int_handler(number, frame)
        wish.ask()

    before = {s: signal.signal(s, asked) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
