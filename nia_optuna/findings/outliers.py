"""How bad a value may be before it says no more than that it is bad."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from nia_optuna.findings.facts import StudyFacts

_SPAN = 4.0


def furthest(facts: StudyFacts, values: Sequence[float]) -> float:
    """Return the value `_SPAN` times as far from the best as the median is, or the worst.

    The worst where none lies beyond, or where half of the values are the best.
    """
    best = max(values) if facts.direction == "maximize" else min(values)
    worst = min(values) if facts.direction == "maximize" else max(values)
    far = best + _SPAN * (median(values) - best)
    return worst if facts.gain(worst, far) > 0 or far == best else far
