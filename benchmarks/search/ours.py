"""nia-optuna's own sampler and pruner, asked and told as the ledger does."""

from __future__ import annotations

import optuna
from optuna.trial import Trial, TrialState

from benchmarks.search.contestant import Job
from benchmarks.search.problem import Problem
from nia_optuna.record import TrialAttr
from nia_optuna.search.distributions import suggested_by
from nia_optuna.search.pruner import pruner_of
from nia_optuna.search.sampler import UnionSampler
from nia_optuna.space import Space


class Ours:
    """A search as `nia-optuna run` does it, the defaults first."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        self._study = optuna.create_study(
            direction="maximize",
            sampler=UnionSampler(problem.parameters, seed),
            pruner=pruner_of("halving", problem.epochs),
        )
        self._study.enqueue_trial(problem.defaults, user_attrs={TrialAttr.BASELINE: "defaults"})
        self._running: dict[int, Trial] = {}
        self._best: dict[int, float] = {}
        self._pruned: set[int] = set()

    def ask(self) -> Job:
        """Return a proposal, to be trained to its end."""
        trial = self._study.ask()
        space = Space(suggested_by(trial))
        self._problem.draw(space)
        if trial.relative_params:
            trial.set_user_attr(TrialAttr.DRAWN, trial.relative_params)
        self._running[trial.number] = trial
        return Job(trial.number, space.values, self._problem.epochs)

    def report(self, job: Job, epoch: int, accuracy: float, seconds: float) -> bool:  # noqa: ARG002
        """Report an epoch to the pruner."""
        trial = self._running[job.key]
        trial.report(accuracy, epoch)
        self._best[job.key] = max(accuracy, self._best.get(job.key, accuracy))
        baseline = TrialAttr.BASELINE in trial.user_attrs
        if epoch < job.until and trial.should_prune() and not baseline:
            self._pruned.add(job.key)
            return False
        return True

    def end(self, job: Job) -> None:
        """Tell a trial's value, or that it was pruned."""
        trial, best = self._running.pop(job.key), self._best.pop(job.key)
        if job.key in self._pruned:
            self._study.tell(trial, state=TrialState.PRUNED)
        else:
            self._study.tell(trial, best)


def make(problem: Problem, seed: int, workers: int) -> Ours:  # noqa: ARG001  # any number may ask
    """Begin a search."""
    return Ours(problem, seed)
