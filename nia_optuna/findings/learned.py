"""How a configuration learned: the curves of its trainings, and their mean by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.standing import baselines, winner

Curve = tuple[tuple[int, float], ...]
"""(epoch, value), by epoch; epochs without a value are left out."""


@dataclass(frozen=True)
class Learned:
    """The metric of a configuration's trainings by epoch, and where they are from."""

    trial: TrialFacts
    curves: tuple[Curve, ...]
    source: Literal["fresh seeds", "search"]


@dataclass(frozen=True)
class Band:
    """Mean, least and most of several curves in an epoch."""

    epoch: int
    mean: float
    low: float
    high: float


def learned(facts: StudyFacts, trial: TrialFacts) -> Learned:
    """Return the curves of the confirmation where it left any, else those of the search."""
    if any(run.trial == trial.number and run.curve for run in facts.runs):
        fresh = measured(facts, trial, "metric")
        return Learned(trial, fresh, "fresh seeds")
    return Learned(trial, searched(trial), "search")


def searched(trial: TrialFacts) -> tuple[Curve, ...]:
    """Return the metric by epoch of a trial's trainings in the search."""
    first = _kept([(epoch.number, epoch.metric) for epoch in trial.curve])
    repeats = (_kept(list(enumerate(repeat.values, start=1))) for repeat in trial.repeats)
    return tuple(curve for curve in (first, *repeats) if curve)


def compared(facts: StudyFacts) -> tuple[Learned, ...]:
    """Return how the recommended configuration learned, then every baseline, the default first."""
    best = winner(facts)
    others = (trial for trial in baselines(facts) if trial is not best)
    return tuple(learned(facts, trial) for trial in (*([best] if best else []), *others))


def measured(facts: StudyFacts, trial: TrialFacts, measure: str) -> tuple[Curve, ...]:
    """Return a field of EpochFacts by epoch, of the confirmation where it recorded epochs.

    Otherwise that of the trial's first training; none where nothing was recorded.
    """
    runs = [run.curve for run in facts.runs if run.trial == trial.number and run.curve]
    curves = (
        _kept([(e.number, getattr(e, measure)) for e in epochs]) for epochs in runs or [trial.curve]
    )
    return tuple(curve for curve in curves if curve)


def trained(facts: StudyFacts, trial: TrialFacts) -> Curve:
    """Return the study's metric on the training part by epoch, of the first training of a trial.

    Empty where the search did not record it; of repeats it records none.
    """
    measure = f"train_{facts.metric}"
    return _kept([(epoch.number, getattr(epoch, measure, None)) for epoch in trial.curve])


def band(curves: Sequence[Curve]) -> tuple[Band, ...]:
    """Return the mean and range of the curves in every epoch that at least half of them reach.

    Where trainings stopped early, later epochs are of those that went on.
    """
    by_epoch: dict[int, list[float]] = {}
    for curve in curves:
        for epoch, value in curve:
            by_epoch.setdefault(epoch, []).append(value)
    return tuple(
        Band(epoch, fmean(values), min(values), max(values))
        for epoch, values in sorted(by_epoch.items())
        if 2 * len(values) >= len(curves)
    )


def _kept(points: Sequence[tuple[int, float | None]]) -> Curve:
    return tuple((epoch, value) for epoch, value in points if value is not None)
