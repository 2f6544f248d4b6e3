"""Processes with one thread each, as many as there are cores, as `nia-optuna run` has them."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.throughput.cases import CORES, Case, ways
from nia_optuna.training.device import Device

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

PATIENCE = 120.0  # seconds that workers wait for each other


class Workers:
    """Processes that take turns alone, or all at once."""

    def __init__(self, connections: list[Connection], done: Synchronized[int]) -> None:
        self._connections = connections
        self._done = done

    def open(self, case: Case, folder: Path) -> list[tuple[str, int]]:
        """Let all prepare a case; return its ways' names and numbers of networks a process."""
        self._send(self._connections, (case, folder))
        known: list[tuple[str, int]] = self._answers(self._connections)[0]
        return known

    def turn(self, way: int, *, everyone: bool) -> float:
        """Return examples a second of the first worker, or of all of them together."""
        chosen = self._connections if everyone else self._connections[:1]
        self._done.value = 0
        self._send(chosen, (way, len(chosen)))
        return float(sum(self._answers(chosen)))

    @staticmethod
    def _send(connections: list[Connection], order: object) -> None:
        for connection in connections:
            connection.send(order)

    @staticmethod
    def _answers(connections: list[Connection]) -> list[Any]:
        return [connection.recv() for connection in connections]


@contextmanager
def workers(device: Device) -> Iterator[Workers]:
    """Yield a worker a core; they end with the context. Raises EOFError where one dies."""
    context = multiprocessing.get_context("spawn")
    done, start = context.Value("i", 0), context.Barrier(CORES)
    pipes = [context.Pipe() for _ in range(CORES)]
    processes = [
        context.Process(target=_work, args=(theirs, device, start, done), daemon=True)
        for _, theirs in pipes
    ]
    for process, (_, theirs) in zip(processes, pipes, strict=True):
        process.start()
        theirs.close()
    try:
        yield Workers([ours for ours, _ in pipes], done)
    finally:
        for process in processes:
            process.kill()
            process.join()


def _work(connection: Connection, device: Device, start: Barrier, done: Synchronized[int]) -> None:
    import torch

    torch.set_num_threads(1)
    prepared = []
    while True:
        match connection.recv():
            case Case() as case, Path() as folder:
                prepared = list(ways(case, folder, device))
                connection.send([(way.name, way.members) for way in prepared])
            case int(number), int(count):
                turn = prepared[number].turn
                if count > 1:
                    start.wait(PATIENCE)
                began = time.perf_counter()
                learnt = turn()
                seconds = time.perf_counter() - began
                with done.get_lock():
                    done.value += 1
                # What is counted of the others is counted while this one works, too.
                while done.value < count:
                    turn()
                connection.send(learnt / seconds)
