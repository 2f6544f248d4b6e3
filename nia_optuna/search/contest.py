"""Who is confirmed, with which seeds, and who wins: pure functions of what the storage holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from statistics import fmean
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from nia_optuna.metric import Metric, maximised
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.protocol import Run
from nia_optuna.search.sampler import derived_seed
from nia_optuna.study import Study


def fresh_seeds(seed: int, count: int) -> list[int]:
    """Return seeds that no trial of the study has; the same for all configurations, so pairs."""
    return [derived_seed(seed, "confirmation", k) for k in range(count)]


def finalists(trials: Sequence[FrozenTrial], metric: Metric, count: int) -> list[FrozenTrial]:
    """Return the `count` best complete trials with different parameters, best first.

    Baselines are confirmed beside them, so they take no place here. Nor do trials of another
    program whose value is not finite: none of ours is.
    """
    complete = [t for t in trials if t.state == TrialState.COMPLETE and isfinite(t.values[0])]
    base = [t for t in complete if TrialAttr.BASELINE in t.user_attrs]
    ranked = sorted(
        complete,
        key=lambda t: t.values[0],
        reverse=maximised(metric),
    )
    chosen: list[FrozenTrial] = []
    for trial in ranked:
        if len(chosen) == count:
            break
        if not any(trial.params == other.params for other in [*chosen, *base]):
            chosen.append(trial)
    return chosen


def contenders(ledger: Ledger) -> tuple[list[FrozenTrial], list[FrozenTrial]]:
    """Return the finalists and the baselines, as far as they are complete.

    Who was confirmed once stays a finalist when a study is continued: otherwise newcomers that
    were lucky in the search would push out what fresh seeds have shown to be better. A budget
    without finalists asks for no confirmation at all: then there is nobody.
    """
    study = ledger.study
    if not study.budget.finalists:
        return [], []
    complete = ledger.trials(TrialState.COMPLETE)
    base = [t for t in complete if TrialAttr.BASELINE in t.user_attrs]
    records = ledger.stored.user_attrs.get(StudyAttr.CONFIRMATION, {})
    before = {record.get("trial") for record in records.values()}
    best = finalists(complete, study.metric, study.budget.finalists)
    known = {t.number for t in [*best, *base]}
    best += [t for t in complete if t.number in before and t.number not in known]
    return best, base


def runs_of(trials: Iterable[FrozenTrial], seeds: Iterable[int]) -> list[Run]:
    """Return every training of a confirmation, seed by seed, so that an early stop leaves pairs."""
    numbers = [t.number for t in trials]
    return [Run(number, seed) for seed in seeds for number in numbers]


def is_confirmed(ledger: Ledger) -> bool:
    """Return whether nothing is left to train, to score or to choose."""
    best, base = contenders(ledger)
    if not [*best, *base]:
        return True
    records = ledger.stored.user_attrs.get(StudyAttr.CONFIRMATION, {})
    runs = runs_of([*best, *base], fresh_seeds(ledger.study.seed, ledger.study.budget.seeds))
    if not all(key(run) in records for run in runs):
        return False
    winner = best_mean(records, runs, ledger.study.metric)
    if winner is None:
        return True
    chosen = ledger.stored.user_attrs.get(StudyAttr.CHOSEN, {})
    return (chosen.get("trial"), chosen.get("finalists")) == (
        winner,
        [t.number for t in best],
    ) and not unscored(records, runs, {winner, *(t.number for t in base)})


def key(run: Run) -> str:
    """Return the name of a confirmed training in the storage."""
    return f"{run.trial}/{run.seed}"


def best_mean(
    records: Mapping[str, Mapping[str, Any]], runs: Iterable[Run], metric: Metric
) -> int | None:
    """Return the trial with the best mean over `runs`; one that failed on a seed is out."""
    values: dict[int, list[float | None]] = {}
    for run in runs:
        values.setdefault(run.trial, []).append(records[key(run)]["validation"])
    means = {
        trial: fmean(v for v in each if v is not None)
        for trial, each in values.items()
        if None not in each
    }
    if not means:
        return None
    return (max if maximised(metric) else min)(means, key=lambda trial: means[trial])


def to_keep(records: Mapping[str, Mapping[str, Any]], winning: Sequence[Run], study: Study) -> Run:
    """Return which of the winner's trainings is kept: the best one on validation.

    Where each was validated on examples of its own the best one had the easiest; then it is the
    median, the worse of two.
    """
    ranked = sorted(
        winning,
        key=lambda run: records[key(run)]["validation"],
        reverse=maximised(study.metric),
    )
    return ranked[len(ranked) // 2] if study.resplit else ranked[0]


def unscored(
    records: Mapping[str, Mapping[str, Any]], runs: Iterable[Run], trials: set[int]
) -> list[Run]:
    """Return the trained runs of `trials` that the test part has not scored."""
    return [
        run
        for run in runs
        if run.trial in trials
        and "test" not in records[key(run)]
        and "failure" not in records[key(run)]
    ]
