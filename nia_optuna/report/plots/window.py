"""Which part of the metric's axis to show, so that outliers do not squeeze what matters."""

from __future__ import annotations

from statistics import median

from nia_optuna.findings.facts import StudyFacts

_SPAN = 4.0
_AIR = 0.06


def window(facts: StudyFacts, values: list[float], keep: list[float]) -> tuple[float, float]:
    """Return the limits of the axis: from the best value to `_SPAN` times the way to the median.

    `values` decide, one at least; `keep` are values that must be seen whatever they are.
    """
    best = max(values) if facts.direction == "maximize" else min(values)
    worst = min(values) if facts.direction == "maximize" else max(values)
    far = best + _SPAN * (median(values) - best)
    if facts.gain(worst, far) > 0 or far == best:
        far = worst
    shown = [best, far, *keep]
    air = _AIR * (max(shown) - min(shown)) or 0.01 * (abs(best) or 1.0)
    return min(shown) - air, max(shown) + air
