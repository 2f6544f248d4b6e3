"""Ctrl-C, SIGTERM and a closed terminal as a wish: read when the books of a loop are in order."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

# What ends a run from outside: Ctrl-C, SIGTERM, and the end of its terminal.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):  # noqa: N818  # a wish of the user, not an error
    """The user asked to stop; everything is saved."""


class Hurried(KeyboardInterrupt):
    """The user asked to stop a second time, and not everything is saved."""


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


def heeded() -> list[signal.Signals]:
    """Return the signals that end this process: under `nohup` the end of its terminal does not."""
    return [s for s in ENDING if s != signal.SIGHUP or signal.getsignal(s) != signal.SIG_IGN]


@contextmanager
def interruptible() -> Iterator[Wish]:
    """Turn the first signal that ends a run into a wish; a second one interrupts at once.

    A SIGHUP is never the second one: a terminal that closes sends several.
    """
    wish = Wish()

    def asked(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            leave_closed_terminal()
        elif wish.stop:
            raise Hurried
        wish.ask()

    before = {s: signal.signal(s, asked) for s in heeded()}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt; of the signals of a closed terminal only the first does."""
    if number == signal.SIGHUP:
        leave_closed_terminal()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.default_int_handler(number, frame)


def leave_closed_terminal() -> None:
    """Let what is still said go nowhere where the terminal takes no more."""
    for stream in (1, 2):
        try:
            os.write(stream, b"")
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream)
            os.close(nowhere)
