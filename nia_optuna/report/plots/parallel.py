"""Every complete trial as a line across its parameters: what the good ones have in common."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import matplotlib as mpl
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D

from nia_optuna.findings.axes import Axis
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.looked import Looked, thin
from nia_optuna.report import words
from nia_optuna.report.plots import look
from nia_optuna.report.plots.scale import ends, ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 100
"""Lines drawn."""
EMPHASISED = 5
"""Best trials that stand in front of the others."""
FEWEST = 5
"""Complete trials below which there is nothing to have in common."""

Point = tuple[float, float]
Colour = str | tuple[float, float, float, float]
_GOLDEN = 0.6180339887498949
_SPREAD = 0.04


class _Style(NamedTuple):
    """Colour, width in points and opacity of a line."""

    colour: Colour
    width: float
    opaque: float


def parallel(found: Findings) -> bytes | None:
    """Return the picture, None for fewer than two parameters or FEWEST complete trials."""
    seen = found.looked
    if seen is None or len(seen.axes) < 2:  # noqa: PLR2004  # a line needs two
        return None
    complete = seen.of_state("complete").dropna(subset="value")
    if len(complete) < FEWEST:
        return None
    rising = found.facts.direction == "maximize"
    shown = thin(complete, MOST, rising=rising)
    # The worst first, so that the best lie in front.
    shown = shown.sort_values("value", ascending=rising, kind="stable")
    values = shown["value"].to_numpy(float)
    norm = _norm(found, values.tolist())
    colours = mpl.colormaps[look.better(found.facts)]
    lines = [(int(n), colours(norm(v))) for n, v in zip(shown.index, values, strict=True)]
    with look.look():
        made = look.figure(height=4.6, width=max(8.0, 0.95 * len(seen.axes) + 1.0))
        axes = made.subplots()
        _lines(axes, seen, lines[:-EMPHASISED], front=False)
        _lines(axes, seen, lines[-EMPHASISED:], front=True)
        handles = _marked(axes, found, seen)
        for place, axis in enumerate(seen.axes):
            _axis(axes, axis, place)
        axes.set(xlim=(-0.35, len(seen.axes) - 0.35), ylim=(-0.1, 1.1))
        axes.set_xticks(
            range(len(seen.axes)),
            [look.short(axis.name, 16) for axis in seen.axes],
            rotation=20 if len(seen.axes) > 7 else 0,  # noqa: PLR2004
            ha="right" if len(seen.axes) > 7 else "center",  # noqa: PLR2004
        )
        axes.set_yticks([])
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        name, format_ticks = look.metric_axis(found.facts)
        bar = made.colorbar(
            ScalarMappable(norm, colours),
            ax=axes,
            label=name,
            pad=0.01,
            fraction=0.035,
            extend="min" if rising else "max",
        )
        if format_ticks:
            bar.ax.yaxis.set_major_formatter(format_ticks)
        if handles:
            made.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
        return look.png(made, light=True)


def _norm(found: Findings, values: list[float]) -> Normalize:
    """Return the scale of colours: from the best to as far beyond the median, where most lie."""
    rising = found.facts.direction == "maximize"
    best = max(values) if rising else min(values)
    far = 2 * median(values) - best
    far = max(far, min(values)) if rising else min(far, max(values))
    return Normalize(min(best, far), max(best, far))


def _lines(axes: Axes, seen: Looked, lines: list[tuple[int, Colour]], *, front: bool) -> None:
    """Draw the trials in the colours of their values, the first at the back."""
    for number, colour in lines:
        style = _Style(colour, 2.4, 1.0) if front else _Style(colour, 0.9, _opaque(len(lines)))
        _line(axes, _runs(seen, number), style, zorder=3 if front else 2)
        if front:
            # Only these few can be followed across what their branch does not have.
            _line(axes, _gaps(seen, number), style._replace(width=0.9), zorder=3, dotted=True)


def _line(
    axes: Axes, runs: list[list[Point]], style: _Style, *, zorder: int, dotted: bool = False
) -> None:
    axes.add_collection(
        LineCollection(
            [run for run in runs if len(run) > 1],
            colors=[style.colour],
            linewidths=style.width,
            linestyles=[(0, (1, 2))] if dotted else "solid",
            alpha=style.opaque,
            zorder=zorder,
        )
    )
    # A value between two gaps has no length: unless it is marked, it would not be seen.
    alone = [run[0] for run in runs if len(run) == 1]
    if alone:
        x, y = zip(*alone, strict=True)
        axes.scatter(x, y, color=style.colour, s=9 * style.width, alpha=style.opaque, zorder=zorder)


def _opaque(number: int) -> float:
    return max(0.25, look.faint(number))


def _marked(axes: Axes, found: Findings, seen: Looked) -> list[Line2D]:
    """Draw the recommended configuration and the baseline, where they have places."""
    handles = []
    for trial, standing, colour, mark, size in (
        (found.reference, "", look.BASELINE, "D", 5.0),
        (found.winner, ", recommended", look.BEST, "*", 11.0),
    ):
        if trial is None or trial.number not in seen.places.index:
            continue
        if len(points := [point for run in _runs(seen, trial.number) for point in run]) == 0:
            continue
        x, y = zip(*points, strict=True)
        handles += axes.plot(
            x,
            y,
            color=colour,
            linestyle="none",
            marker=mark,
            markersize=size,
            markeredgecolor="white",
            zorder=5,
            label=f"{look.short(words.label(trial), 38)}{standing}",
        )
        _line(axes, _runs(seen, trial.number), _Style(colour, 2.0, 1.0), zorder=4)
    return handles


def _runs(seen: Looked, number: int) -> list[list[Point]]:
    """Return the stretches of a trial's line between what it does not have."""
    runs: list[list[Point]] = [[]]
    for column, place in enumerate(_places(seen, number)):
        if math.isnan(place):
            runs.append([])
        else:
            runs[-1].append((column, place))
    return [run for run in runs if run]


def _gaps(seen: Looked, number: int) -> list[list[Point]]:
    return [[before[-1], after[0]] for before, after in pairwise(_runs(seen, number))]


def _places(seen: Looked, number: int) -> list[float]:
    """Return the places of a trial; those of one choice are spread a little, to be counted."""
    spread = _SPREAD * (number * _GOLDEN % 1 - 0.5)
    row = seen.places.loc[[number]].to_numpy(float)[0].tolist()
    return [
        place + (spread if axis.between is None else 0.0)
        for axis, place in zip(seen.axes, row, strict=True)
    ]


def _axis(axes: Axes, axis: Axis, column: int) -> None:
    axes.vlines(column, 0, 1, color=look.TRIAL, linewidth=0.9, zorder=2.5)
    places, names = ticks(axis, 8, 9) if axis.between is None else ends(axis)
    for place, name in zip(places, names, strict=True):
        number = axis.between is not None
        axes.annotate(
            name,
            (column, place),
            xytext=(0, (7 if place else -7)) if number else (4, 0),
            textcoords="offset points",
            ha="center" if number else "left",
            va="center",
            fontsize="x-small",
            bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.6},
            zorder=6,
        )
