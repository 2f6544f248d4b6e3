"""Syne Tune: conformal quantile regression with asynchronous successive halving.

Salinas et al. 2023, arXiv 2305.03623. Its scheduler `ASHACQR` at its own settings; a problem of
one epoch is searched by `CQR`. It has no MOBSTER any more. It knows no conditions and searches the
flat union of all branches, of which the active one is trained. The first configuration is the
problem's defaults.
"""

from __future__ import annotations

import logging
import warnings
from datetime import UTC, datetime
from typing import Any

import numpy as np
from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import choice, lograndint, loguniform, randint, uniform
from syne_tune.optimizer.baselines import ASHACQR, CQR
from syne_tune.optimizer.scheduler import SchedulerDecision

from benchmarks.search.contestant import Job
from benchmarks.search.peers.plain import asked_for
from benchmarks.search.problem import Problem
from nia_optuna.space import Parameter

GRACE = 3
REDUCTION = 3
ERROR = "error"
EPOCH = "epoch"


class SyneTune:
    """One scheduler of Syne Tune."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        usual: dict[str, Any] = {
            "config_space": {name: _domain(each) for name, each in problem.parameters.items()},
            "metric": ERROR,
            "do_minimize": True,
            "random_seed": seed,
            "points_to_evaluate": [
                {name: each.default for name, each in problem.parameters.items()}
            ],
        }
        self._scheduler = (
            ASHACQR(
                **usual,
                time_attr=EPOCH,
                max_t=problem.epochs,
                grace_period=GRACE,
                reduction_factor=REDUCTION,
            )
            if problem.epochs > 1
            else CQR(**usual)
        )
        self._trials: list[Trial] = []
        self._last: dict[int, dict[str, Any]] = {}

    def ask(self) -> Job:
        """Return the next trial, which may last to the last epoch."""
        suggested = self._scheduler.suggest()
        trial = Trial(len(self._trials), suggested.config, datetime.now(UTC))
        self._trials.append(trial)
        self._scheduler.on_trial_add(trial)
        params = asked_for(self._problem, suggested.config)
        return Job(trial.trial_id, params, self._problem.epochs)

    def report(self, job: Job, epoch: int, accuracy: float, seconds: float) -> bool:  # noqa: ARG002
        """Learn an epoch; the scheduler says whether the trial goes on."""
        self._last[job.key] = {ERROR: 100.0 - accuracy, EPOCH: epoch}
        if epoch == self._problem.epochs:
            return True
        decision = self._scheduler.on_trial_result(self._trials[job.key], self._last[job.key])
        return bool(decision == SchedulerDecision.CONTINUE)

    def end(self, job: Job) -> None:
        """Complete a trial, or remove a stopped one."""
        trial, last = self._trials[job.key], self._last.pop(job.key)
        if last[EPOCH] == self._problem.epochs:
            self._scheduler.on_trial_complete(trial, last)
        else:
            self._scheduler.on_trial_remove(trial)


def _domain(parameter: Parameter) -> Any:  # noqa: ANN401  # Syne Tune has no types
    if parameter.kind == "choice":
        return choice(list(parameter.choices))
    if parameter.kind == "integer":
        return (lograndint if parameter.log else randint)(int(parameter.low), int(parameter.high))
    return (loguniform if parameter.kind == "log" else uniform)(parameter.low, parameter.high)


def make(problem: Problem, seed: int, workers: int) -> SyneTune:  # noqa: ARG001  # it waits for nobody
    """Begin a search."""
    logging.getLogger("syne_tune").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="syne_tune")
    np.random.seed(seed)  # noqa: NPY002  # its scheduler draws a bracket from the global state
    return SyneTune(problem, seed)
