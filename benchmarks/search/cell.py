"""One search of the benchmark, as a line of its results."""

from __future__ import annotations

import importlib
import logging
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import optuna

from benchmarks.search.contestant import Contestant
from benchmarks.search.problem import Problem
from benchmarks.search.race import Race
from benchmarks.search.settings import SETTINGS

OPTUNA = {
    "Optuna, defaults",
    "Optuna, TPE",
    "Optuna, TPE + Hyperband",
    "Optuna, univariate TPE + halving",
    "Optuna, GP",
    "Optuna, GP + halving",
    "random + ASHA",
}
MODULES = {
    "nia-optuna": "ours",
    "SMAC3": "peers.smac",
    "DEHB": "peers.dehb",
    "Ray Tune": "peers.ray_tune",
    "Syne Tune": "peers.syne_tune",
}
CONTESTANTS = (*MODULES, *sorted(OPTUNA))


def made(contestant: str, problem: Problem, seed: int, workers: int) -> Contestant:
    """Begin a contestant's search; its package is imported only now."""
    if contestant in OPTUNA:
        from benchmarks.search.peers.optuna_defaults import VARIANTS

        return VARIANTS[contestant](problem, seed, workers)
    module = importlib.import_module(f"benchmarks.search.{MODULES[contestant]}")
    contest: Contestant = module.make(problem, seed, workers)
    return contest


def quiet() -> None:
    """Let nobody in this process say anything but errors."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")


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
    race = Race(
        problem,
        made(cell.contestant, problem, cell.seed, setting.workers),
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
