"""The best so far against what it cost: time of work, and epochs of all trials."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from nia_optuna.findings.anytime import Steps
from nia_optuna.findings.findings import Findings
from nia_optuna.report.plots import look
from nia_optuna.report.plots.baselines import baseline_lines
from nia_optuna.report.plots.clock import unit
from nia_optuna.report.plots.window import window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROOM = 0.7  # of the axis: a name fits beyond
_HEAD = 0.12  # of the values' range: a name fits beside the best


def anytime(found: Findings) -> bytes | None:
    """Return the picture, None where neither time nor epochs are known."""
    seen = found.anytime
    panels = [("epochs trained, all trials", 1.0, seen.by_epochs)] if seen.by_epochs else []
    if seen.by_seconds:
        second, name = unit(seen.by_seconds[-1][0])
        panels.insert(0, (f"{name} of work", second, seen.by_seconds))
    panels = [panel for panel in panels if panel[2][-1][0] > 0]
    if not panels:
        return None
    best = next(n for n, value in found.best_so_far if value == found.best_so_far[-1][1])
    with look.look():
        made = look.figure(height=3.4)
        row = made.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        label, ticks = look.metric_axis(found.facts)
        row[0].set_ylabel(label)
        base = found.reference
        keep = [base.value] if base is not None and base.value is not None else []
        values = [value for _, _, steps in panels for _, value in steps]
        low, high = window(found.facts, values, keep)
        head = _HEAD * (high - low)
        rises = found.facts.direction == "maximize"
        row[0].set_ylim(low if rises else low - head, high + head if rises else high)
        if ticks:
            row[0].yaxis.set_major_formatter(ticks)
        for axes, (spent, each, steps) in zip(row, panels, strict=True):
            _panel(axes, steps, each, f"trial {best}")
            axes.set_xlabel(spent)
            baseline_lines(axes, found, named=axes is row[-1])
        return look.png(made)


def _panel(axes: Axes, steps: Steps, each: float, name: str) -> None:
    whole = steps[-1][0] / each
    rises = [steps[0], *(step for before, step in pairwise(steps) if step[1] != before[1])]
    spent, values = [cost / each for cost, _ in rises], [value for _, value in rises]
    axes.step(
        [*spent, whole],
        [*values, values[-1]],
        where="post",
        color=look.BEST,
        linewidth=2.2,
        zorder=3,
    )
    low, high = axes.get_ylim()
    inside = [(x, y) for x, y in zip(spent, values, strict=True) if low <= y <= high]
    axes.plot(*zip(*inside, strict=True), "o", color=look.BEST, markersize=4.5, zorder=3)
    # Beyond the last step nothing is drawn below a rising line, before it nothing above.
    room = spent[-1] < _ROOM * whole
    under = room == (values[-1] >= values[0])
    axes.annotate(
        name,
        (spent[-1], values[-1]),
        xytext=(4 if room else -6, -12 if under else 5),
        textcoords="offset points",
        ha="left" if room else "right",
        fontsize="small",
        color=look.BEST,
    )
    axes.set_xlim(0, 1.02 * whole)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
