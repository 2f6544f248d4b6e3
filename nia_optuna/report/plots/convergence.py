"""The recommended configuration and every baseline, epoch by epoch, on one plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.learned import Band, band
from nia_optuna.report import words
from nia_optuna.report.plots import look
from nia_optuna.report.plots.steep import steep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 12
"""Lines drawn: the recommended one and the first baselines."""


def convergence(found: Findings) -> bytes | None:
    """Return the picture, None where no training recorded the metric by epoch."""
    shown = [(each, band(each.curves)) for each in found.learned][:MOST]
    if not shown:
        return None
    with look.look():
        made = look.figure(height=4.2 + 0.22 * ((len(shown) + 1) // 2))
        axes = made.subplots()
        name, ticks = look.metric_axis(found.facts)
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if ticks:
            axes.yaxis.set_major_formatter(ticks)
        for number, (each, points) in enumerate(shown):
            label = words.label(each.trial)
            label += ", recommended" if each.trial is found.winner else ""
            draw_band(
                axes, points, look.series(number), label=look.short(label, 44), wide=not number
            )
        if found.facts.direction == "minimize":
            steep(axes, [point.mean for _, points in shown for point in points])
        made.legend(loc="outside upper center", ncols=2, frameon=False)
        return look.png(made)


def draw_band(
    axes: Axes, points: Sequence[Band], style: look.Series, *, label: str, wide: bool
) -> None:
    """Draw a mean by epoch, marked here and there, and the range around it."""
    epochs = [point.epoch for point in points]
    axes.plot(
        epochs,
        [point.mean for point in points],
        color=style.colour,
        linestyle=style.line,
        marker=style.mark,
        markersize=4.5,
        markevery=max(1, len(points) // 10),
        linewidth=2.4 if wide else 1.6,
        zorder=4 if wide else 3,
        label=label,
    )
    if any(point.high > point.low for point in points):
        axes.fill_between(
            epochs,
            [point.low for point in points],
            [point.high for point in points],
            color=style.colour,
            alpha=0.14,
            linewidth=0,
        )
