"""The best so far against what it cost: time of work, and epochs of all trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from nia_optuna.findings.anytime import Step
from nia_optuna.findings.findings import Findings
from nia_optuna.report.plots import look
from nia_optuna.report.plots.baselines import baseline_lines
from nia_optuna.report.plots.clock import unit
from nia_optuna.report.plots.window import window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROOM = 0.7  # of the axis: a name fits beyond


def anytime(found: Findings) -> bytes | None:
    """Return the picture, None where neither time nor epochs are known."""
    seen = found.anytime
    if seen is None:
        return None
    second, name = unit(seen.ends[0])
    panels = [
        (f"{name} of work", second, seen.seconds, seen.ends[0]),
        ("epochs trained, all trials", 1.0, seen.epochs, seen.ends[1]),
    ]
    panels = [panel for panel in panels if panel[2]]
    with look.look():
        made = look.figure(height=3.4)
        row = made.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        label, ticks = look.metric_axis(found.facts)
        row[0].set_ylabel(label)
        base = found.reference
        keep = [base.value] if base is not None and base.value is not None else []
        row[0].set_ylim(window(found.facts, [s.value for panel in panels for s in panel[2]], keep))
        if ticks:
            row[0].yaxis.set_major_formatter(ticks)
        for axes, (spent, each, steps, end) in zip(row, panels, strict=True):
            _panel(axes, steps, each, end)
            axes.set_xlabel(spent)
            baseline_lines(axes, found, named=axes is row[-1])
        return look.png(made)


def _panel(axes: Axes, steps: tuple[Step, ...], each: float, end: float) -> None:
    spent = [step.spent / each for step in steps]
    values = [step.value for step in steps]
    axes.step(
        [*spent, end / each],
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
    room = spent[-1] < _ROOM * end / each
    under = room == (steps[-1].value >= steps[0].value)
    axes.annotate(
        f"trial {steps[-1].trial}",
        (spent[-1], values[-1]),
        xytext=(4 if room else -6, -12 if under else 5),
        textcoords="offset points",
        ha="left" if room else "right",
        fontsize="small",
        color=look.BEST,
    )
    axes.set_xlim(0, 1.02 * end / each)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
