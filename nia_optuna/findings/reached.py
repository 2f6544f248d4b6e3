"""In which epoch each configuration first passed a given metric."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.learned import Curve, Learned

ACCURACIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
_ROUND = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
MOST = 6
"""Metrics shown: the hardest."""


@dataclass(frozen=True)
class Reached:
    """A metric, and for every configuration the epoch in which each training first passed it."""

    target: float
    epochs: tuple[tuple[int | None, ...], ...]


def reached(facts: StudyFacts, configurations: Sequence[Learned]) -> tuple[Reached, ...]:
    """Return the targets worth telling, the easiest first, at most MOST.

    For accuracy they are ACCURACIES, otherwise 1, 1.5, 2, 3, 5 and 7 times powers of ten. Kept
    are those that at least one training passes; of several passed by all in the same epochs the
    hardest.
    """
    curves = [curve for each in configurations for curve in each.curves]
    rows = [
        Reached(
            target,
            tuple(tuple(_first(facts, c, target) for c in each.curves) for each in configurations),
        )
        for target in targets(facts, curves)
    ]
    passed = [row for row in rows if any(e is not None for each in row.epochs for e in each)]
    told = [
        row
        for row, harder in zip(passed, [*passed[1:], None], strict=False)
        if harder is None or row.epochs != harder.epochs
    ]
    return tuple(told[-MOST:])


def targets(facts: StudyFacts, curves: Sequence[Curve]) -> tuple[float, ...]:
    """Return the round values of the metric that curves may pass, the easiest first."""
    if facts.metric == "accuracy":
        return ACCURACIES
    values = [value for curve in curves for _, value in curve if value > 0]
    if not values:
        return ()
    powers = range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)
    known = [float(f"{step}e{power}") for power in powers for step in _ROUND]
    inside = [value for value in known if min(values) <= value <= max(values)]
    return tuple(inside if facts.direction == "maximize" else inside[::-1])


def _first(facts: StudyFacts, curve: Curve, target: float) -> int | None:
    return next((epoch for epoch, value in curve if facts.gain(value, target) >= 0), None)
