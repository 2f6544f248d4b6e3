"""Whether trainings began where a network that has learned nothing should.

At random initialisation the cross-entropy of a network that tells C classes apart should be
about ln C; a first loss far above says that something is wrong before anything is learned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from nia_optuna.findings.facts import StudyFacts

# Random outputs of variance v add about v / 2 to a cross-entropy: batch norm and wide layers
# legitimately reach 1.5 times ln C. The bounded losses of probabilities cannot grow as far.
_MOST = {"cross_entropy": 2.0, "squared": 1.5, "absolute": 1.5, "hinge": 1.5}
# Nothing bounds a number that is predicted, and a batch may be a single row.
_MOST_REGRESSION = 3.0
_LEAST = 0.5


@dataclass(frozen=True)
class FirstLoss:
    """The loss of a trial's first batch beside what answering zeros has there; None: not finite."""

    trial: int
    first: float | None
    blank: float


@dataclass(frozen=True)
class FirstLosses:
    """The first losses of all trials that recorded one: those as expected, and those far off."""

    expected: tuple[FirstLoss, ...]
    too_high: tuple[FirstLoss, ...]
    too_low: tuple[FirstLoss, ...]

    @property
    def number(self) -> int:
        """How many trials recorded a first loss."""
        return len(self.expected) + len(self.too_high) + len(self.too_low)


def first_losses(facts: StudyFacts) -> FirstLosses:
    """Return the first losses, sorted into expected and far off, by trial.

    Too high is more than 2 times (cross-entropy), 1.5 times (other losses of classes) or 3 times
    (regression) the larger of the batch's own blank loss and the study's median: a single row
    near zero is no yardstick. Too low, less than half, exists for classes only: one row may be
    predicted well by luck. A loss that is not finite is too high.
    """
    # Old studies recorded neither; a blank loss alone stands beside one that was not finite.
    seen = [
        FirstLoss(trial.number, epoch.first_loss, epoch.blank_loss)
        for trial in facts.trials
        for epoch in trial.curve[:1]
        if epoch.number == 1 and epoch.blank_loss is not None and epoch.blank_loss > 0
    ]
    usual = _usual(seen)
    high = tuple(each for each in seen if _ratio(each, usual) > _most(facts))
    low = tuple(
        each
        for each in seen
        if facts.task == "classification" and each.first is not None and _below(each, usual)
    )
    off = {*high, *low}
    return FirstLosses(tuple(each for each in seen if each not in off), high, low)


def blank_by_theory(facts: StudyFacts) -> float | None:
    """Return ln C where the loss is cross-entropy of C classes, else None."""
    classes = facts.dataset.classes
    known = facts.task == "classification" and facts.loss == "cross_entropy"
    return math.log(classes) if known and classes and classes > 1 else None


def _usual(seen: Sequence[FirstLoss]) -> float:
    return median(each.blank for each in seen) if seen else 0.0


def _most(facts: StudyFacts) -> float:
    if facts.task == "regression":
        return _MOST_REGRESSION
    return _MOST.get(facts.loss or "cross_entropy", max(_MOST.values()))


def _ratio(each: FirstLoss, usual: float) -> float:
    return math.inf if each.first is None else each.first / max(each.blank, usual)


def _below(each: FirstLoss, usual: float) -> bool:
    return each.first is not None and each.first < _LEAST * min(each.blank, usual)
