"""The value over the two parameters that matter most, and the trials that it was learned from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.colors import BoundaryNorm
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from nia_optuna.findings.axes import Axis
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.landscape import NEAR, Landscape
from nia_optuna.findings.looked import thin
from nia_optuna.report import words
from nia_optuna.report.numbers import number, short
from nia_optuna.report.plots import look
from nia_optuna.report.plots.scale import PLASTIC, spread, ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.contour import QuadContourSet
    from numpy.typing import NDArray

MOST = 80
"""Trials of a state that are drawn."""
_BANDS = 10  # of colour
_FAR = 4.0  # times the best loss, from where on bands are of its logarithm
_LARGE = 1e6
_STRIP = 0.46  # of the way to the next strip
_WRITTEN = 6  # rows or columns of cells; numbers in more of them would touch
_HATCH = "///"


class _Mark(NamedTuple):
    mark: str
    colour: str
    edge: str | None
    size: float
    label: str


_MARKS = {
    "pruned": _Mark("X", "white", look.TRIAL, 34, "pruned"),
    "complete": _Mark("o", "white", look.TRIAL, 26, "trained to the end"),
    "failed": _Mark("|", look.SECOND, None, 70, "failed"),
}
_BASELINE = _Mark("D", look.BASELINE, "white", 55, "baseline")
_RECOMMENDED = _Mark("*", look.BEST, "white", 190, "recommended")


def contour(found: Findings) -> bytes | None:
    """Return the picture, None where there are no two parameters to show."""
    drawn = found.landscape
    if drawn is None:
        return None
    with look.look():
        made = look.figure(height=5.0)
        axes = made.subplots()
        low, high = float(np.nanmin(drawn.predicted)), float(np.nanmax(drawn.predicted))
        decades = found.facts.direction == "minimize" and high > _FAR * low > 0
        filled = _surface(axes, found, drawn, _levels(low, high, decades=decades))
        name, format_ticks = look.metric_axis(found.facts)
        bar = made.colorbar(filled, ax=axes, label=f"predicted {name}")
        if format_ticks:
            bar.ax.yaxis.set_major_formatter(format_ticks)
        elif decades:
            bar.ax.yaxis.set_major_formatter(lambda value, _: _round(value))
        _trials(axes, found, drawn)
        if drawn.across.steps and drawn.up.steps and max(drawn.predicted.shape) <= _WRITTEN:
            _values(axes, found, drawn)
        axes.set(xlabel=look.short(drawn.across.name, 60), ylabel=look.short(drawn.up.name, 40))
        axes.set(facecolor="#F2F2F2", xlim=_room(drawn.across), ylim=_room(drawn.up))
        axes.set_xticks(*ticks(drawn.across, 6, 12))
        axes.set_yticks(*ticks(drawn.up, 12, 16))
        axes.grid(visible=False)
        handles, _ = axes.get_legend_handles_labels()
        if (drawn.away > NEAR).any():
            handles.append(
                Patch(facecolor="white", edgecolor=look.FADED, hatch=_HATCH, label="no trial near")
            )
        made.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False)
        return look.png(made)


def _surface(
    axes: Axes, found: Findings, drawn: Landscape, levels: NDArray[np.float64]
) -> QuadContourSet:
    x, columns = _ends(drawn.across, drawn.columns)
    y, rows = _ends(drawn.up, drawn.rows)
    # The row and the column after the last are what lies between strips: nothing.
    predicted, away = (
        np.pad(each, (0, 1), constant_values=np.nan)[np.ix_(rows, columns)]
        for each in (drawn.predicted, drawn.away)
    )
    norm = BoundaryNorm(levels, 256)
    filled = axes.contourf(x, y, predicted, levels, cmap=look.better(found.facts), norm=norm)
    axes.contour(x, y, predicted, levels, colors="white", linewidths=0.5)
    axes.contourf(x, y, away, [NEAR, 9], colors="white", alpha=0.5)
    axes.contourf(x, y, away, [NEAR, 9], colors="none", hatches=[_HATCH])
    return filled


def _ends(axis: Axis, places: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int]]:
    """Return coordinates and the number of the place at each; a strip has two and a gap."""
    if not axis.steps:
        return places, list(range(len(places)))
    gap = 1 / (len(places) - 1)
    ends = places[:, None] + gap * np.array([-_STRIP, _STRIP, 0.5])
    return ends.ravel()[:-1], [n for k in range(len(places)) for n in (k, k, len(places))][:-1]


def _levels(low: float, high: float, *, decades: bool) -> NDArray[np.float64]:
    if decades:
        return np.geomspace(low, high, _BANDS + 1)
    return np.asarray(MaxNLocator(_BANDS, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))


def _round(value: float) -> str:
    return number(float(f"{value:.2g}")) if value < _LARGE else short(value)


def _values(axes: Axes, found: Findings, drawn: Landscape) -> None:
    for row, height in zip(drawn.predicted.tolist(), drawn.rows.tolist(), strict=True):
        for value, place in zip(row, drawn.columns.tolist(), strict=True):
            if not math.isnan(value):
                axes.annotate(
                    words.metric(found.facts, value),
                    (place - 0.43 / drawn.across.steps, height + 0.41 / drawn.up.steps),
                    va="top",
                    fontsize="small",
                    bbox={"facecolor": "white", "linewidth": 0, "alpha": 0.8, "pad": 1.5},
                    zorder=3,
                )


def _room(axis: Axis) -> tuple[float, float]:
    room = 0.5 / axis.steps if axis.steps else 0.02
    return -room, 1 + room


def _trials(axes: Axes, found: Findings, drawn: Landscape) -> None:
    rising = found.facts.direction == "maximize"
    best, every = found.winner, drawn.trials
    for state, how in _MARKS.items():
        _marks(axes, drawn, thin(every[every["state"] == state], MOST, rising=rising), how)
    base = [trial.number for trial in found.baselines if trial is not best]
    _marks(axes, drawn, every[every.index.isin(base)], _BASELINE)
    _marks(axes, drawn, every[every.index.isin([best.number] if best else [])], _RECOMMENDED)


def _marks(axes: Axes, drawn: Landscape, shown: pd.DataFrame, how: _Mark) -> None:
    if shown.empty:
        return
    made = axes.scatter(
        spread(drawn.across, shown["across"]),
        spread(drawn.up, shown["up"], PLASTIC),
        marker=how.mark,
        color=how.colour,
        edgecolors=how.edge,
        s=how.size,
        linewidths=0.8,
        zorder=4,
        label=how.label,
    )
    if how.edge is None:
        made.set(linewidths=1.8, path_effects=[withStroke(linewidth=4, foreground="black")])
