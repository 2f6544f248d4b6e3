"""Ray Tune: OptunaSearch with ASHA.

Its searcher and its scheduler are asked and told as Ray's loop does it, without a cluster. The
space is a function of a trial, so that conditions are Optuna's own. The first configuration is the
problem's defaults. A stopped trial is complete for OptunaSearch, as in Ray's loop.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from ray.tune.schedulers import AsyncHyperBandScheduler, TrialScheduler
from ray.tune.search.optuna import OptunaSearch

from benchmarks.search.contestant import Job
from benchmarks.search.peers.plain import asked_for
from benchmarks.search.problem import Problem
from nia_optuna.search.distributions import suggested_by
from nia_optuna.space import Space

GRACE = 3
REDUCTION = 3
METRIC = {"metric": "accuracy", "mode": "max"}


@dataclass(frozen=True)
class Named:
    """All that the scheduler wants to know of a trial."""

    trial_id: str


class RayTune:
    """One searcher and one scheduler of Ray Tune."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem

        def ask(trial: optuna.Trial) -> None:
            problem.draw(Space(suggested_by(trial)))

        self._searcher = OptunaSearch(
            ask, points_to_evaluate=[problem.defaults], seed=seed, **METRIC
        )
        self._scheduler = AsyncHyperBandScheduler(
            time_attr="training_iteration",
            max_t=problem.epochs,
            grace_period=min(GRACE, problem.epochs),
            reduction_factor=REDUCTION,
            **METRIC,
        )
        self._asked = 0
        self._last: dict[int, dict[str, Any]] = {}

    def ask(self) -> Job:
        """Return the next trial, which may last to the last epoch."""
        key, self._asked = self._asked, self._asked + 1
        suggested = self._searcher.suggest(str(key))
        self._scheduler.on_trial_add(None, Named(str(key)))
        return Job(key, asked_for(self._problem, suggested), self._problem.epochs)

    def report(self, job: Job, epoch: int, accuracy: float, seconds: float) -> bool:  # noqa: ARG002
        """Tell both of an epoch; the scheduler says whether the trial goes on."""
        result = {"accuracy": accuracy, "training_iteration": epoch}
        self._last[job.key] = result
        if epoch == self._problem.epochs:
            return True
        decision = self._scheduler.on_trial_result(None, Named(str(job.key)), result)
        if decision == TrialScheduler.STOP:
            return False
        self._searcher.on_trial_result(str(job.key), result)
        return True

    def end(self, job: Job) -> None:
        """Tell both that a trial is complete, with its last accuracy."""
        result = self._last.pop(job.key)
        self._scheduler.on_trial_complete(None, Named(str(job.key)), result)
        self._searcher.on_trial_complete(str(job.key), result)


def make(problem: Problem, seed: int, workers: int) -> RayTune:  # noqa: ARG001  # it waits for nobody
    """Begin a search."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("ray").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="(ray|optuna)")
    np.random.seed(seed)  # noqa: NPY002  # its scheduler draws a bracket from the global state
    return RayTune(problem, seed)
