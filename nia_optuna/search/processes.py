"""Long-lived trainer processes on this machine, one a slot, replaced when they die."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from nia_optuna.search.executor import ExecutorError, is_last
from nia_optuna.search.protocol import Failed, Lost, Message, Order, Run, Stop
from nia_optuna.search.trainer import Material, carry_out, reason
from nia_optuna.training.device import Device

# A trainer that dies this often in a row before it is ready will not live.
DEATHS_AT_BIRTH = 3


@dataclass
class _Slot:
    """One place for a training: the process that holds it now and what it trains."""

    device: Device
    process: BaseProcess
    connection: Connection
    run: Run | None = None
    ready: bool = False
    deaths: int = 0


class Processes:
    """One process for each device given; data are shared between them through the memory map."""

    def __init__(self, material: Material, devices: Sequence[Device]) -> None:
        # Spawned, not forked: a forked child inherits torch's thread pools in a broken state.
        self._context = multiprocessing.get_context("spawn")
        self._material = material
        self._unsent: list[tuple[int, Message]] = []
        self._slots = [_Slot(device, *self._spawn(device)) for device in devices]

    @property
    def workers(self) -> int:
        """One a device given."""
        return len(self._slots)

    @property
    def device(self) -> str:
        """The names of the devices in use."""
        return ", ".join(dict.fromkeys(slot.device.name for slot in self._slots))

    @property
    def free(self) -> int:
        """Places whose trainer has nothing to do; one still starting up counts as free."""
        return sum(slot.run is None for slot in self._slots)

    def send(self, order: Order) -> None:
        """Pass an order on: Start and Score to a free place, Stop to the one that trains it."""
        if isinstance(order, Stop):
            slot = next((s for s in self._slots if s.run == order.run), None)
        else:
            # A trainer that is up comes before one that is still importing torch.
            idle = [s for s in self._slots if s.run is None]
            slot = max(idle, key=lambda s: s.ready)
            slot.run = order.run
        if slot is not None:
            try:
                slot.connection.send(order)
            except OSError:
                # It just died; poll finds that out and reports the training as lost.
                return
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                # A recipe that cannot travel; nothing of it was sent.
                slot.run = None
                self._unsent.append((self._slots.index(slot), Failed(order.run, reason(error))))

    def poll(self, timeout: float) -> list[tuple[int, Message]]:
        """Return the messages of all trainers; the dead are replaced and their trainings Lost."""
        arrived, self._unsent = self._unsent, []
        timeout = 0 if arrived else timeout
        ready = wait([s.connection for s in self._slots], timeout)
        for number, slot in enumerate(self._slots):
            if slot.connection not in ready:
                continue
            try:
                while slot.connection.poll():
                    self._receive(slot, number, arrived)
            except (EOFError, OSError):
                arrived.extend((number, lost) for lost in self._replace(slot))
        return arrived

    def close(self) -> None:
        """End the trainers; they hold nothing that is worth waiting for."""
        for slot in self._slots:
            slot.process.kill()
            slot.connection.close()
        for slot in self._slots:
            slot.process.join()

    def _receive(self, slot: _Slot, number: int, arrived: list[tuple[int, Message]]) -> None:
        message = slot.connection.recv()
        if message == "ready":
            slot.ready, slot.deaths = True, 0
        elif isinstance(message, str):
            raise ExecutorError(f"a trainer could not start: {message}")
        else:
            if is_last(message):
                slot.run = None
            arrived.append((number, message))

    def _spawn(self, device: Device) -> tuple[BaseProcess, Connection]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(theirs, self._material, device), daemon=True, name="trainer"
        )
        # Ctrl-C, and often SIGTERM, reach the whole group; the coordinator decides what becomes
        # of a training. The child inherits the block, so that neither finds it unprepared.
        resource_tracker.ensure_running()  # its start would undo the block
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        # Only the child may hold this end, or its death would go unnoticed.
        theirs.close()
        return process, ours

    def _replace(self, slot: _Slot) -> list[Lost]:
        slot.process.join()
        code = slot.process.exitcode or 0
        why = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        lost = [] if slot.run is None else [Lost(slot.run, f"the trainer died ({why})")]
        slot.deaths += not slot.ready
        if slot.deaths >= DEATHS_AT_BIRTH:
            raise ExecutorError(f"trainers die at their start ({why}); see the lines above")
        slot.connection.close()
        slot.process, slot.connection = self._spawn(slot.device)
        slot.run, slot.ready = None, False
        return lost


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
        while True:
            order: Order = connection.recv()
            if isinstance(order, Stop):
                # The training had ended before the order came.
                continue
            for message in carry_out(order, cuts, device, lambda run: _told(connection, run)):
                connection.send(message)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        # The coordinator is gone. Leave at once: what it wanted nobody waits for.
        os._exit(0)


def _prepare(material: Material, device: Device) -> None:
    import torch

    torch.set_num_threads(device.threads)
    if material.study_file is not None:
        # Recipes may hold values of classes that the study file defines.
        from nia_optuna.load import studies_in

        studies_in(material.study_file)


def _told(connection: Connection, run: Run) -> bool:
    """Return whether an order to stop `run` has come; stops of earlier runs are dropped."""
    stop = False
    while connection.poll():
        order: Order = connection.recv()
        stop = stop or (isinstance(order, Stop) and order.run == run)
    return stop
