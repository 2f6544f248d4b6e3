"""One search of the benchmark, as a line of its results."""

from __future__ import annotations

import importlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.search.race import Race
from benchmarks.search.settings import SETTINGS

CONTESTANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "nia-optuna": ("benchmarks.search.ours", {}),
}
"""The module of every contestant, whose `make` begins a search, and what it is told besides."""


@dataclass(frozen=True)
class Cell:
    """Who searches what, under which seed."""

    setting: str
    contestant: str
    task: str
    seed: int


def searched(cell: Cell, folder: Path) -> dict[str, Any]:
    """Run one search; return its regrets in points at every whole full training of its budget.

    A regret is None before the first whole training. `gap` is how much better the chosen one
    looked than it is, at the end.
    """
    setting = SETTINGS[cell.setting]
    problem = setting.problem(folder, cell.task)
    module, told = CONTESTANTS[cell.contestant]
    contestant = importlib.import_module(module).make(problem, cell.seed, setting.workers, **told)
    race = Race(
        problem,
        contestant,
        workers=setting.workers,
        budget=setting.budget * (problem.seconds if setting.in_seconds else problem.epochs),
        seed=cell.seed,
        in_seconds=setting.in_seconds,
    )
    race.run()
    points = [race.at(race.budget * k / setting.budget) for k in range(1, setting.budget + 1)]
    last = race.points[-1]
    return {
        **asdict(cell),
        "regrets": [None if p is None else round(problem.best - p.true, 4) for p in points],
        "gap": round(last.seen - last.true, 4),
        "trials": race.trials,
        "asking": round(race.asking, 2),
    }
