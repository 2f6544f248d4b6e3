"""A dashed line for every baseline, named at its end."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.plots import look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nia_optuna.findings.facts import TrialFacts

MOST = 6
"""Lines drawn: of more baselines the best."""
_APART = 0.062  # of the axis' height, so that names do not touch


def baseline_lines(axes: Axes, found: Findings, *, named: bool = True) -> None:
    """Draw the baselines across `axes`, whose limits must stand, and name them to its right.

    One beyond the limits is named at the edge, with an arrow that says where it lies.
    """
    shown = lines(found)
    low, high = axes.get_ylim()
    places = []
    for trial, value in shown:
        if low <= value <= high:
            axes.axhline(
                value,
                color=look.BASELINE,
                linestyle=(0, (5, 3)),
                linewidth=1.8 if trial is found.reference else 1.1,
                zorder=2.5,
            )
        height = (axes.transScale + axes.transLimits).transform((0.0, value))[1]
        places.append(min(1.0, max(0.0, float(height))))
    if not named:
        return
    for (trial, value), place, at in zip(shown, places, _apart(places), strict=True):
        beyond = "" if low <= value <= high else "↓ " if value < low else "↑ "
        name = f"{beyond}{look.short(words.name(trial), 20)}: {words.metric(found.facts, value)}"
        axes.annotate(
            name,
            xy=(1.0, place),
            xytext=(1.025, at),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            fontsize="small",
            color=look.BASELINE,
            arrowprops={
                "arrowstyle": "-",
                "color": look.BASELINE,
                "linewidth": 0.6,
                "relpos": (0.0, 0.5),
                "shrinkA": 0.0,
                "shrinkB": 0.0,
            },
            annotation_clip=False,
        )


def lines(found: Findings) -> list[tuple[TrialFacts, float]]:
    """Return the baselines that get a line with their values, the best last.

    The one that everything is compared with is among them, however bad.
    """
    valued = [(t, t.value) for t in found.baselines if t.value is not None]
    sign = 1 if found.facts.direction == "maximize" else -1
    kept = sorted(valued, key=lambda pair: (pair[0] is found.reference, sign * pair[1]))[-MOST:]
    return sorted(kept, key=lambda pair: sign * pair[1])


def _apart(places: list[float]) -> list[float]:
    """Return heights near `places` that are _APART at least, in the same order."""
    order = sorted(range(len(places)), key=lambda k: (places[k], k))
    moved = list(places)
    for before, k in pairwise(order):
        moved[k] = max(moved[k], moved[before] + _APART)
    above = 1.0 + _APART
    for k in reversed(order):
        above = moved[k] = min(moved[k], above - _APART)
    return moved
