"""Long-lived trainer processes on this machine, one a slot, replaced when they die."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from nia_optuna.search.executor import ExecutorError, is_last
from nia_optuna.search.failure import reason
from nia_optuna.search.forks import prepare_trainers, undisturbed, without_arguments
from nia_optuna.search.protocol import (
    Failed,
    Judged,
    Lost,
    Message,
    Order,
    Run,
    Score,
    Stop,
    Train,
)
from nia_optuna.search.serving import serve
from nia_optuna.search.trainer import Material
from nia_optuna.training.device import Device

# A trainer that dies this often in a row before it is ready will not live.
DEATHS_AT_BIRTH = 3
# One that says nothing for so many seconds, and for so many times the longest pause of any so far,
# hangs: in a data set that does not answer, or a loop of a user's network.
SILENCE, PAUSES = 1800.0, 20
# So does one that has not opened its data by then.
BIRTH = 1800.0
# So many seconds at most pass between two looks at the clock; more were not lived through.
LOOK = 10.0


@dataclass
class _Slot:
    """One trainer: the process that it is now, and the runs that have not said their last.

    One that is `retired` ends with its last run, and is not replaced. `heard` is when its last word
    came, or its first run, or when it was begun; one that hung and was ended for it knows for how
    long.
    """

    device: Device
    process: BaseProcess
    connection: Connection
    runs: set[Run] = field(default_factory=set)
    ready: bool = False
    deaths: int = 0
    retired: bool = False
    heard: float = 0.0
    hung: float = 0.0


class Processes:
    """One process for each device given; data are shared between them through the memory map."""

    def __init__(self, material: Material, devices: Sequence[Device]) -> None:
        prepare_trainers()
        self._context = multiprocessing.get_context("forkserver")
        self._material = material
        self._unsent: list[tuple[int, Message]] = []
        self._lived = self._longest = 0.0
        self._looked = time.monotonic()
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
            if slot.ready and not slot.runs:
                slot.heard = self._lived
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
        now = time.monotonic()
        self._lived += min(now - self._looked, LOOK)
        self._looked = now
        for number, slot in enumerate(self._slots):
            if slot.connection not in ready:
                continue
            try:
                while slot.connection.poll():
                    self._receive(slot, number, arrived)
            except (EOFError, OSError):
                arrived.extend((number, lost) for lost in self._replace(slot))
        self._end_retired()
        self._end_hanging()
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

    def _end_hanging(self) -> None:
        for slot in self._slots:
            silent = self._lived - slot.heard
            most = max(SILENCE, PAUSES * self._longest) if slot.ready else BIRTH
            if (slot.runs or not slot.ready) and not slot.hung and silent > most:
                slot.hung = silent
                slot.process.kill()  # the next poll finds it dead

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
            slot.ready, slot.deaths, slot.heard = True, 0, self._lived
        elif isinstance(message, str):
            raise ExecutorError(f"a trainer could not start: {message}")
        else:
            if is_last(message):
                slot.runs.discard(message.run)
            self._longest = max(self._longest, self._lived - slot.heard)
            slot.heard = self._lived
            arrived.append((number, message))

    def _spawn(self, device: Device) -> tuple[BaseProcess, Connection]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(theirs, self._material, device), daemon=True, name="trainer"
        )
        with undisturbed(), without_arguments():
            process.start()
        # Only the child may hold this end, or its death would go unnoticed.
        theirs.close()
        return process, ours

    def _replace(self, slot: _Slot) -> list[Lost]:
        slot.process.join()
        code = slot.process.exitcode or 0
        why = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        said = f"the trainer died ({why})"
        if slot.hung:
            said = f"the trainer was ended: silent for {slot.hung:.0f} s"
        lost = [Lost(run, said) for run in sorted(slot.runs)]
        slot.deaths += not slot.ready
        if slot.deaths >= DEATHS_AT_BIRTH:
            if slot.hung:
                raise ExecutorError(
                    f"trainers hang at their start, for {slot.hung:.0f} s: "
                    "do the data, or the study file, answer?"
                )
            raise ExecutorError(f"trainers die at their start ({why}); see the lines above")
        slot.connection.close()
        slot.runs, slot.ready, slot.hung, slot.heard = set(), False, 0.0, self._lived
        if not slot.retired:
            slot.process, slot.connection = self._spawn(slot.device)
        return lost
