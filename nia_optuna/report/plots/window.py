"""Which part of the metric's axis to show, so that outliers do not squeeze what matters."""

from __future__ import annotations

from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.outliers import furthest

_AIR = 0.06


def window(facts: StudyFacts, values: list[float], keep: list[float]) -> tuple[float, float]:
    """Return the limits of the axis: from the best value to the furthest that is worth seeing.

    `values` decide, one at least; `keep` are values that must be seen whatever they are.
    """
    best = max(values) if facts.direction == "maximize" else min(values)
    shown = [best, furthest(facts, values), *keep]
    air = _AIR * (max(shown) - min(shown)) or 0.01 * (abs(best) or 1.0)
    return min(shown) - air, max(shown) + air
