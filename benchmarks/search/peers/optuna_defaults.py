"""Optuna: its own samplers and pruners by ask and tell.

The spaces are asked for as an objective asks for them, so that conditions are Optuna's own. The
first configuration is the problem's defaults, enqueued. The variants are the pairs that do best
among Optuna's own, halving as asynchronous as Optuna's pruners all are.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    SuccessiveHalvingPruner,
)
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import TrialState

from benchmarks.search.contestant import Job, Make
from benchmarks.search.problem import Problem
from nia_optuna.search.distributions import suggested_by
from nia_optuna.space import Space

GRACE = 3  # epochs before anything may be stopped
REDUCTION = 3


class OptunaStudy:
    """One study of Optuna, in memory."""

    def __init__(self, problem: Problem, study: optuna.Study) -> None:
        self._problem = problem
        self._study = study
        self._trials: dict[int, optuna.Trial] = {}
        self._best: dict[int, float] = {}
        self._pruned: set[int] = set()
        study.enqueue_trial(problem.defaults)

    def ask(self) -> Job:
        """Return the next trial, which may last to the last epoch."""
        trial = self._study.ask()
        space = Space(suggested_by(trial))
        self._problem.draw(space)
        self._trials[trial.number] = trial
        return Job(trial.number, space.values, self._problem.epochs)

    def report(self, job: Job, epoch: int, accuracy: float, seconds: float) -> bool:  # noqa: ARG002
        """Report an intermediate value, and ask the pruner."""
        self._best[job.key] = max(accuracy, self._best.get(job.key, accuracy))
        if self._problem.epochs > 1:
            self._trials[job.key].report(accuracy, epoch)
        # After the last epoch nothing is left to prune: whatever was trained counts.
        if epoch < job.until and self._trials[job.key].should_prune():
            self._pruned.add(job.key)
            return False
        return True

    def end(self, job: Job) -> None:
        """Tell the best epoch, or that the trial was pruned."""
        trial = self._trials.pop(job.key)
        if job.key in self._pruned:
            self._study.tell(trial, state=TrialState.PRUNED)
        else:
            self._study.tell(trial, self._best[job.key])


def tpe(seed: int) -> BaseSampler:
    """Return the default sampler: multivariate, with the constant liar."""
    return TPESampler(seed=seed)


def univariate(seed: int) -> BaseSampler:
    """Return TPE as it was before Optuna 5, with the constant liar."""
    return TPESampler(seed=seed, multivariate=False)


def gaussian_process(seed: int) -> BaseSampler:
    """Return Optuna's Gaussian process."""
    return GPSampler(seed=seed)


def at_random(seed: int) -> BaseSampler:
    """Return random search."""
    return RandomSampler(seed=seed)


def median(problem: Problem) -> BasePruner:  # noqa: ARG001  # all pruners are made alike
    """Return the default pruner."""
    return MedianPruner()


def none(problem: Problem) -> BasePruner:  # noqa: ARG001
    """Return no pruner."""
    return NopPruner()


def halving(problem: Problem) -> BasePruner:  # noqa: ARG001
    """Return asynchronous successive halving."""
    return SuccessiveHalvingPruner(min_resource=GRACE, reduction_factor=REDUCTION)


def hyperband(problem: Problem) -> BasePruner:
    """Return several halvings, which begin at different epochs."""
    return HyperbandPruner(
        min_resource=min(GRACE, problem.epochs),
        max_resource=problem.epochs,
        reduction_factor=REDUCTION,
    )


def make(
    problem: Problem,
    seed: int,
    workers: int,  # noqa: ARG001  # Optuna's samplers see by themselves what others are at
    sampler: Callable[[int], BaseSampler] = tpe,
    pruner: Callable[[Problem], BasePruner] = median,
) -> OptunaStudy:
    """Begin a study; by default with Optuna's own sampler and pruner."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # A conditional parameter is drawn on its own, which the samplers say at every trial.
    warnings.filterwarnings("ignore", module="optuna")
    warnings.filterwarnings("ignore", category=ExperimentalWarning)
    study = optuna.create_study(
        direction="maximize",
        sampler=sampler(seed),
        pruner=pruner(problem),
        study_name=f"{problem.name}, {seed}",  # Hyperband hashes it to choose brackets
    )
    return OptunaStudy(problem, study)


VARIANTS: dict[str, Make] = {
    "Optuna, defaults": make,
    "Optuna, TPE": partial(make, pruner=none),
    "Optuna, TPE + Hyperband": partial(make, pruner=hyperband),
    "Optuna, univariate TPE + halving": partial(make, sampler=univariate, pruner=halving),
    "Optuna, GP": partial(make, sampler=gaussian_process, pruner=none),
    "Optuna, GP + halving": partial(make, sampler=gaussian_process, pruner=halving),
    "random + ASHA": partial(make, sampler=at_random, pruner=halving),
}
"""Optuna's default study, its best other pairs, and asynchronous successive halving."""
