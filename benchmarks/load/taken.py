"""How long commands take, as processes of their own, their start-up included."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Taken:
    """Seconds of a command on the wall, and of processors; what it said."""

    wall: float
    cpu: float
    out: str
    err: str


def nia_optuna(folder: Path, *words: str) -> Taken:
    """Run a command in a folder; raises CalledProcessError where it fails."""
    before, began = _processors(), time.perf_counter()
    done = subprocess.run(  # noqa: S603  # our own program
        program(*words), cwd=folder, env=environment(), check=True, capture_output=True, text=True
    )
    wall = time.perf_counter() - began
    return Taken(wall, _processors() - before, done.stdout, done.stderr)


@dataclass(frozen=True)
class Went:
    """Seconds until a run has opened its study, until its first trial ended, and in all."""

    opened: float
    first: float
    whole: float


def run(folder: Path, *words: str) -> Went:
    """Continue a study in a folder; raises CalledProcessError where that fails."""
    command, times, began = program("run", *words), list[tuple[float, str]](), time.perf_counter()
    with subprocess.Popen(  # noqa: S603  # our own program
        command, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        times += [(time.perf_counter() - began, line) for line in running.stderr]
    if running.returncode:
        raise subprocess.CalledProcessError(
            running.returncode, command, stderr="".join(line for _, line in times)
        )
    return Went(
        opened=next(second for second, line in times if ": search, " in line),
        first=next(second for second, line in times if line.startswith("[")),
        whole=time.perf_counter() - began,
    )


def program(*words: str) -> list[str]:
    """Return the command line of `nia-optuna` from this checkout."""
    return [sys.executable, "-m", "nia_optuna", *words]


def environment() -> dict[str, str]:
    """Return the environment in which `program` is this checkout's, wherever it is started."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def each(do: Callable[[], object], times: int) -> list[float]:
    """Return how long it takes to do something, so many times."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        taken.append(time.perf_counter() - began)
    return taken


@dataclass(frozen=True)
class Figure:
    """Seconds that something took, every time, and how many the case allows, if it says."""

    storage: str
    what: str
    seconds: Sequence[float]
    limit: float | None = None

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.seconds)


def _processors() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
