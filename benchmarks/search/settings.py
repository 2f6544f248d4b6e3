"""What is searched: tasks, epochs, workers and the costs at which regret is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.search import lcbench, tables
from benchmarks.search.problem import Problem


@dataclass(frozen=True)
class Setting:
    """Tasks that are searched under the same conditions.

    `budget` and `read_at` are in full trainings of all workers together. With `in_seconds` a full
    training is as long as the median of random ones, and the clock runs as the surrogate says;
    otherwise an epoch costs one, whatever the network.
    """

    name: str
    tasks: tuple[str, ...]
    problem: Callable[[Path, str], Problem]
    epochs: int
    workers: int = 1
    budget: int = 30
    read_at: tuple[int, ...] = (10, 20, 30)
    in_seconds: bool = False


@cache
def _surrogate(folder: Path) -> lcbench.Surrogate:
    return lcbench.Surrogate(folder)


def _curves(epochs: int) -> Callable[[Path, str], Problem]:
    return lambda folder, task: lcbench.problem(_surrogate(folder), task, epochs)


def _branches(folder: Path, task: str) -> Problem:
    return lcbench.problem(_surrogate(folder), task, 27, lcbench.draw_branches)


def _table(folder: Path, task: str) -> Problem:  # noqa: ARG001  # tables come with their package
    return tables.problem(task)


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("curves-27", lcbench.TASKS, _curves(27), 27),
        Setting("curves-52", lcbench.TASKS, _curves(52), 52),
        Setting("curves-27-by-8", lcbench.TASKS, _curves(27), 27, workers=8),
        Setting("curves-52-by-8", lcbench.TASKS, _curves(52), 52, workers=8),
        Setting("branches-27", lcbench.TASKS, _branches, 27),
        Setting("branches-27-by-8", lcbench.TASKS, _branches, 27, workers=8),
        Setting("curves-27-seconds", lcbench.TASKS, _curves(27), 27, in_seconds=True),
        Setting("tables", tables.NAMES, _table, 1, budget=100, read_at=(50, 100)),
    )
}
