"""DEHB: differential evolution over the rungs of Hyperband.

Awad, Mallik & Hutter 2021, arXiv 2105.09821. At its own settings, by ask and tell; conditions are
ConfigSpace's. It takes no initial points. It trains a promoted configuration from its first epoch
on; here only the epochs between are paid for. It asks for an older numpy than it needs, so that it
is not in the extra: `pip install --no-deps DEHB`.
"""

from __future__ import annotations

import warnings
from tempfile import TemporaryDirectory
from typing import Any

from dehb import DEHB
from loguru import logger

from benchmarks.search.contestant import Job
from benchmarks.search.peers.config_space import config_space
from benchmarks.search.peers.plain import asked_for
from benchmarks.search.peers.trainings import Trainings
from benchmarks.search.problem import Problem

MIN_FIDELITY = 3
ETA = 3


class Dehb:
    """One search by DEHB."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        self._folder = TemporaryDirectory()
        self._dehb = DEHB(
            cs=config_space(problem, seed),
            min_fidelity=MIN_FIDELITY,
            max_fidelity=problem.epochs,
            eta=ETA,
            seed=seed,
            n_workers=1,  # more would start processes; it is asked for more all the same
            save_freq="end",
            output_path=self._folder.name,
        )
        logger.remove()
        self._trainings = Trainings()
        self._asked: dict[int, dict[str, Any]] = {}

    def ask(self) -> Job:
        """Return the next configuration and the epochs of its rung."""
        info = self._dehb.ask()
        params = asked_for(self._problem, info["config"])
        job = self._trainings.begin(int(info["config_id"]), params, round(info["fidelity"]))
        self._asked[job.key] = info
        return job

    def report(self, job: Job, epoch: int, accuracy: float, seconds: float) -> bool:  # noqa: ARG002
        """Learn an epoch; DEHB stops nothing between its rungs."""
        self._trainings.saw(job, accuracy)
        return True

    def end(self, job: Job) -> None:
        """Tell the best error so far."""
        error = 100.0 - self._trainings.end(job)
        # The cost is kept in its history and steers nothing.
        self._dehb.tell(self._asked.pop(job.key), {"fitness": error, "cost": float(job.until)})


def make(problem: Problem, seed: int, workers: int) -> Dehb:  # noqa: ARG001  # it waits for nobody
    """Begin a search; ValueError where there is only one epoch, which DEHB does not know."""
    if problem.epochs <= MIN_FIDELITY:
        raise ValueError(f"DEHB needs more than {MIN_FIDELITY} epochs to have rungs")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    return Dehb(problem, seed)
