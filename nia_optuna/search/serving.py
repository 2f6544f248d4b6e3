"""A trainer's life: orders come in by a line, messages go out."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Never, Protocol

from nia_optuna.search.failure import reason
from nia_optuna.search.interrupt import ENDING
from nia_optuna.search.protocol import (
    Judged,
    Message,
    Order,
    Run,
    Score,
    Start,
    Stop,
    Train,
    Trained,
)
from nia_optuna.search.trainer import Cuts, Material, carry_out
from nia_optuna.training.device import Device


def serve(connection: Connection, material: Material, device: Device) -> None:
    """Live as a trainer: open the data, say "ready", carry out orders while anyone listens."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    # A user's network may print; stdout belongs to the coordinator's one JSON document.
    os.dup2(2, 1)
    try:
        _prepare(material, device)
        cuts = material.open()
    except Exception as error:  # noqa: BLE001  # whatever it is, the coordinator says it in one line
        connection.send(reason(error))
        return
    try:
        connection.send("ready")
        answer(connection, cuts, device)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        # The coordinator is gone. Leave at once: what it wanted nobody waits for.
        os._exit(0)


class Line(Protocol):
    """What leads to the coordinator and back."""

    def poll(self, timeout: float = 0.0) -> bool:
        """Return whether an order has come; wait so many seconds for one."""
        ...

    def recv(self) -> Order:
        """Return the next order; wait for it."""
        ...

    def send(self, message: Message, /) -> None:
        """Tell the coordinator."""
        ...


def answer(line: Line, cuts: Cuts, device: Device) -> Never:
    """Carry out the orders that come, one after the other, for as long as anyone listens."""
    inbox = Mailbox(line)
    while True:
        for message in carry_out(inbox.next(), cuts, device, inbox):
            line.send(message)


def _prepare(material: Material, device: Device) -> None:
    import torch

    torch.set_num_threads(device.threads)
    if material.study_file is not None:
        # Recipes may hold values of classes that the study file defines.
        from nia_optuna.load import studies_in

        studies_in(material.study_file)


class Mailbox:
    """The orders that have come to a trainer, in their order."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._stops: set[Run] = set()
        self._judged: dict[Run, int] = {}
        self._waiting: deque[Train | Score] = deque()

    def next(self) -> Train | Score:
        """Return the next order to carry out; wait for it."""
        while not self._waiting:
            self._take(self._line.recv())
        return self._waiting.popleft()

    def stopped(self, run: Run) -> bool:
        """Return whether an order to stop `run` has come since it was begun."""
        self._look()
        return run in self._stops

    def joining(self) -> list[Start]:
        """Return what has come to join those that train.

        What comes behind the last message of a trainer's work is the next work.
        """
        self._look()
        starts: list[Start] = []
        while self._waiting and getattr(self._waiting[0], "beside", None) is not None:
            order = self._waiting.popleft()
            assert isinstance(order, Train), "nothing else joins"
            starts += order.starts
        return starts

    def wait(self, told: Sequence[Trained], seconds: float) -> None:
        """Wait until all that was told is judged or not wanted any more, so long at most."""
        ends = time.monotonic() + seconds
        for message in told:
            run, epoch = message.run, message.epoch.number
            while run not in self._stops and self._judged.get(run, 0) < epoch:
                if not self._line.poll(max(0, ends - time.monotonic())):
                    return
                self._take(self._line.recv())

    def _look(self) -> None:
        while self._line.poll():
            self._take(self._line.recv())

    def _take(self, order: Order) -> None:
        if isinstance(order, Stop):
            self._stops.add(order.run)
        elif isinstance(order, Judged):
            self._judged[order.run] = order.epoch
        else:
            # A run may be begun again that was stopped before.
            self._stops.difference_update(order.runs)
            for run in order.runs:
                self._judged.pop(run, None)
            self._waiting.append(order)
