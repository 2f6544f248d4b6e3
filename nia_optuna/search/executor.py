"""What every executor can do, and the one that trains right here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from nia_optuna.search.protocol import Message, Run, Score, Start, Stop, Trained
from nia_optuna.search.trainer import Material, carry_out
from nia_optuna.training.device import Device


class ExecutorError(RuntimeError):
    """The trainers cannot work at all: said in one line."""


class Executor(Protocol):
    """Trainers behind one small interface. Orders never block; messages come in order a run."""

    @property
    def workers(self) -> int:
        """How many trainings can run at once."""
        ...

    @property
    def device(self) -> str:
        """The device that trains, in words."""
        ...

    @property
    def free(self) -> int:
        """How many more trainings can be started now."""
        ...

    def send(self, order: Start | Score | Stop) -> None:
        """Give an order; Start and Score need a free place."""
        ...

    def poll(self, timeout: float) -> list[tuple[int, Message]]:
        """Return what came in within `timeout` seconds, each with the number of its worker.

        Raises ExecutorError when no trainer can be kept alive.
        """
        ...

    def close(self) -> None:
        """End all trainers; whatever they are training is given up."""
        ...


class Inline:
    """Trains in this process, an epoch a poll: for debugging, tests, and machines with one core."""

    workers = 1

    def __init__(self, material: Material, device: Device) -> None:
        self._cuts = material.open()
        self._device = device
        self._stops: set[Run] = set()
        self._current: Iterator[Message] | None = None

    @property
    def device(self) -> str:
        """The device's name."""
        return self._device.name

    @property
    def free(self) -> int:
        """One while nothing is being trained."""
        return 1 if self._current is None else 0

    def send(self, order: Start | Score | Stop) -> None:
        """Remember the order; the work is done in poll."""
        if isinstance(order, Stop):
            self._stops.add(order.run)
        else:
            self._stops.clear()
            self._current = carry_out(
                order, self._cuts, self._device, lambda run: run in self._stops
            )

    def poll(self, timeout: float) -> list[tuple[int, Message]]:  # noqa: ARG002  # work sets the pace
        """Train on to the next message."""
        if self._current is None:
            return []
        message = next(self._current)
        if not isinstance(message, Trained):
            self._current = None
        return [(0, message)]

    def close(self) -> None:
        """Drop the current training."""
        self._current = None


def is_last(message: Message) -> bool:
    """Return whether a run says nothing after this message."""
    return not isinstance(message, Trained)
