"""Long-lived trainer processes on this machine, one a slot, replaced when they die."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Never, Protocol

from nia_optuna.search.executor import ExecutorError, is_last
from nia_optuna.search.failure import reason
from nia_optuna.search.protocol import (
    Failed,
    Judged,
    Lost,
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

# What every training needs. PyTorch's own optimizers import its compiler, too, which takes a
# second: on a CPU that is RMSprop alone, and a trainer does it when it has its first.
PRELOADED = ("nia_optuna.cli.main", "nia_optuna.search.trainings")
# A trainer that dies this often in a row before it is ready will not live.
DEATHS_AT_BIRTH = 3


@dataclass
class _Slot:
    """One trainer: the process that it is now, and the runs that have not said their last.

    One that is `retired` ends with its last run, and is not replaced.
    """

    device: Device
    process: BaseProcess
    connection: Connection
    runs: set[Run] = field(default_factory=set)
    ready: bool = False
    deaths: int = 0
    retired: bool = False


class Processes:
    """One process for each device given; data are shared between them through the memory map."""

    def __init__(self, material: Material, devices: Sequence[Device]) -> None:
        prepare_trainers()
        self._context = multiprocessing.get_context("forkserver")
        self._material = material
        self._unsent: list[tuple[int, Message]] = []
        self._slots = [_Slot(device, *self._spawn(device)) for device in devices]

    @property
    def devices(self) -> Sequence[Device]:
        """Those given."""
        return [slot.device for slot in self._slots]

    @property
    def free(self) -> int:
        """Trainers that have nothing to do; one still starting up counts as free."""
        return len(self._idle())

    @property
    def busy(self) -> int:
        """Trainers that have runs, those that are to end with them included."""
        return sum(bool(slot.runs) for slot in self._slots)

    def send(self, order: Order) -> None:
        """Pass an order on: to the trainer that has the run it is about, else to a free one."""
        match order:
            case Stop(run=known) | Judged(run=known) | Train(beside=known):
                slot = next((s for s in self._slots if known in s.runs), None)
            case Score():
                slot = None
        if not isinstance(order, Stop | Judged):
            # A trainer that is up comes before one that is still importing torch.
            slot = slot or max(self._idle(), key=lambda s: s.ready)
            slot.runs.update(order.runs)
        if slot is not None:
            try:
                slot.connection.send(order)
            except OSError:
                # It just died; poll finds that out and reports the training as lost.
                return
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                # A recipe that cannot travel; nothing of it was sent.
                self._refuse(slot, order, reason(error))

    def poll(self, timeout: float) -> list[tuple[int, Message]]:
        """Return the messages of all trainers; the dead are replaced and their trainings Lost."""
        arrived, self._unsent = self._unsent, []
        timeout = 0 if arrived else timeout
        ready = wait([s.connection for s in self._slots if not s.connection.closed], timeout)
        for number, slot in enumerate(self._slots):
            if slot.connection not in ready:
                continue
            try:
                while slot.connection.poll():
                    self._receive(slot, number, arrived)
            except (EOFError, OSError):
                arrived.extend((number, lost) for lost in self._replace(slot))
        self._end_retired()
        return arrived

    def retire(self, worker: int) -> bool:
        """Let a trainer end with its last run; return False for the last one on its device."""
        slot = self._slots[worker]
        others = [s for s in self._slots if s is not slot and not s.retired]
        if not any(other.device.name == slot.device.name for other in others):
            return False
        slot.retired = True
        self._end_retired()
        return True

    def close(self) -> None:
        """End the trainers; they hold nothing that is worth waiting for."""
        for slot in self._slots:
            slot.process.kill()
            slot.connection.close()
        for slot in self._slots:
            slot.process.join()

    def _idle(self) -> list[_Slot]:
        return [slot for slot in self._slots if not slot.runs and not slot.retired]

    def _end_retired(self) -> None:
        for slot in self._slots:
            if slot.retired and not slot.runs and not slot.connection.closed:
                slot.process.kill()
                slot.connection.close()
                slot.process.join()

    def _refuse(self, slot: _Slot, order: Order, why: str) -> None:
        assert not isinstance(order, Stop | Judged), "numbers can always travel"
        slot.runs.difference_update(order.runs)
        number = self._slots.index(slot)
        self._unsent.extend((number, Failed(run, why)) for run in order.runs)

    def _receive(self, slot: _Slot, number: int, arrived: list[tuple[int, Message]]) -> None:
        message = slot.connection.recv()
        if message == "ready":
            slot.ready, slot.deaths = True, 0
        elif isinstance(message, str):
            raise ExecutorError(f"a trainer could not start: {message}")
        else:
            if is_last(message):
                slot.runs.discard(message.run)
            arrived.append((number, message))

    def _spawn(self, device: Device) -> tuple[BaseProcess, Connection]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(theirs, self._material, device), daemon=True, name="trainer"
        )
        with _undisturbed():
            process.start()
        # Only the child may hold this end, or its death would go unnoticed.
        theirs.close()
        return process, ours

    def _replace(self, slot: _Slot) -> list[Lost]:
        slot.process.join()
        code = slot.process.exitcode or 0
        why = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        lost = [Lost(run, f"the trainer died ({why})") for run in sorted(slot.runs)]
        slot.deaths += not slot.ready
        if slot.deaths >= DEATHS_AT_BIRTH:
            raise ExecutorError(f"trainers die at their start ({why}); see the lines above")
        slot.connection.close()
        slot.runs, slot.ready = set(), False
        if not slot.retired:
            slot.process, slot.connection = self._spawn(slot.device)
        return lost


def prepare_trainers() -> None:
    """Let a process import what all trainers need, which are then forked from it at once.

    It does so beside whatever the caller does next. Forked trainers would inherit torch's thread
    pools in a broken state from any process that has computed; this one never does.
    """
    multiprocessing.set_forkserver_preload(list(PRELOADED))
    with _undisturbed(), _aside():
        forkserver.ensure_running()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Start processes that neither Ctrl-C nor SIGTERM finds unprepared.

    Both reach the whole group, though the coordinator decides what becomes of a training. What is
    started here inherits the block.
    """
    resource_tracker.ensure_running()  # its start would undo the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _aside() -> Iterator[None]:
    """Start a process whose standard output is ours for errors: ours for results ends with us."""
    own = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(own, 1)
        os.close(own)


def serve(connection: Connection, material: Material, device: Device) -> None:
    """Live as a trainer: open the data, say "ready", carry out orders while anyone listens."""
    for number in (signal.SIGINT, signal.SIGTERM):
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
    inbox = _Inbox(line)
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


class _Inbox:
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
