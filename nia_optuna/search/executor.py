"""What every executor can do, and the one that trains right here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nia_optuna.search.interrupt import Wish
from nia_optuna.search.protocol import Judged, Message, Order, Run, Start, Stop, Train, Trained
from nia_optuna.search.trainer import Material, carry_out
from nia_optuna.training.device import Device


class ExecutorError(RuntimeError):
    """The trainers cannot work at all: said in one line."""


class Executor(Protocol):
    """Trainers behind one small interface. Orders never block; messages come in order a run."""

    @property
    def devices(self) -> Sequence[Device]:
        """The device of every trainer."""
        ...

    @property
    def free(self) -> int:
        """How many trainers have nothing to do."""
        ...

    @property
    def busy(self) -> int:
        """How many trainers have anything to do."""
        ...

    def send(self, order: Order) -> None:
        """Give an order; Score needs a free trainer, as does Train unless it joins another run."""
        ...

    def poll(self, timeout: float) -> list[tuple[int, Message]]:
        """Return what came in within `timeout` seconds, each with the number of its worker.

        Raises ExecutorError when no trainer can be kept alive.
        """
        ...

    def retire(self, worker: int) -> bool:
        """Begin nothing more with a trainer, so that others on its device have its memory.

        It ends with its last run. Returns False where there is no other.
        """
        ...

    def close(self) -> None:
        """End all trainers; whatever they are training is given up."""
        ...


class Inline:
    """Trains in this process, an epoch a poll: for debugging, tests, and machines with one core.

    Nobody reads `wish` while an epoch goes on but the training itself, which ends with it.
    """

    def __init__(self, material: Material, device: Device, wish: Wish | None = None) -> None:
        self._cuts = material.open()
        self._device = device
        self._inbox = _Inbox(wish or Wish())
        self._runs: set[Run] = set()
        self._messages: Iterator[Message] = iter(())

    @property
    def devices(self) -> Sequence[Device]:
        """The one device."""
        return (self._device,)

    @property
    def free(self) -> int:
        """One while nothing is being trained."""
        return 0 if self._runs else 1

    @property
    def busy(self) -> int:
        """One while something is being trained."""
        return 1 - self.free

    def send(self, order: Order) -> None:
        """Remember the order; the work is done in poll."""
        if isinstance(order, Judged):
            return
        if isinstance(order, Stop):
            self._inbox.stops.add(order.run)
            return
        self._inbox.stops.difference_update(order.runs)
        if self._runs and isinstance(order, Train):
            self._inbox.starts += order.starts
        else:
            self._messages = carry_out(order, self._cuts, self._device, self._inbox)
        self._runs.update(order.runs)

    def poll(self, timeout: float) -> list[tuple[int, Message]]:
        """Train on to the next message, however long that takes; wait where nothing is trained."""
        if not self._runs:
            time.sleep(timeout)
            return []
        message = next(self._messages)
        if is_last(message):
            self._runs.discard(message.run)
        return [(0, message)]

    def retire(self, worker: int) -> bool:  # noqa: ARG002  # there is but one
        """Return False."""
        return False

    def close(self) -> None:
        """Drop what is being trained."""
        self._runs, self._messages = set(), iter(())


@dataclass
class _Inbox:
    wish: Wish
    stops: set[Run] = field(default_factory=set)
    starts: list[Start] = field(default_factory=list)

    def stopped(self, run: Run) -> bool:
        return self.wish.stop or run in self.stops

    def joining(self) -> list[Start]:
        starts, self.starts = self.starts, []
        return starts

    def wait(self, told: Sequence[Trained], seconds: float) -> None:
        """Return: who trains here was judged before it was let go on."""


def is_last(message: Message) -> bool:
    """Return whether a run says nothing after this message."""
    return not isinstance(message, Trained)


def names_of(devices: Sequence[Device]) -> str:
    """Return the names of devices in words, each once."""
    return ", ".join(dict.fromkeys(device.name for device in devices))
