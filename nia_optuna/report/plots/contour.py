"""The value over the two parameters that matter most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import seaborn as sns
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.landscape import Cells, Level, Surface
from nia_optuna.findings.looked import Looked, thin
from nia_optuna.report import words
from nia_optuna.report.numbers import short
from nia_optuna.report.plots import look
from nia_optuna.report.plots.scale import ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 150
"""Trials of a state that are drawn."""
_WRITTEN = 7  # columns of cells; numbers in more of them would touch


def contour(found: Findings) -> bytes | None:
    """Return the picture, None where there are no two parameters to show."""
    if found.landscape is None or found.looked is None:
        return None
    drawn = found.landscape.drawn
    with look.look():
        made = look.figure(height=4.6 if isinstance(drawn, Surface) else _height(drawn))
        axes = made.subplots()
        if isinstance(drawn, Surface):
            _surface(axes, found, found.looked, drawn)
        else:
            _cells(axes, found, drawn)
        axes.set(xlabel=look.short(drawn.across.name, 60), ylabel=look.short(drawn.up.name, 40))
        if isinstance(drawn, Surface):
            made.legend(loc="outside upper center", ncols=4, frameon=False)
        return look.png(made)


def _surface(axes: Axes, found: Findings, seen: Looked, drawn: Surface) -> None:
    known = drawn.predicted[~np.isnan(drawn.predicted)]
    line = np.linspace(0, 1, len(drawn.predicted))
    low, high = float(known.min()), float(known.max())
    levels = _heights(low, high, logarithmic=drawn.logarithmic)
    name, format_ticks = look.metric_axis(found.facts)
    filled = axes.contourf(
        line,
        line,
        drawn.predicted,
        levels=levels,
        cmap=look.better(found.facts),
        norm=(LogNorm if drawn.logarithmic else Normalize)(levels[0], levels[-1]),
    )
    axes.contour(line, line, drawn.predicted, levels=levels, colors="white", linewidths=0.5)
    bar = axes.figure.colorbar(filled, ax=axes, label=f"predicted {name}")
    if format_ticks:
        bar.ax.yaxis.set_major_formatter(format_ticks)
    elif drawn.logarithmic:
        bar.set_ticks(levels[::2], labels=[short(level) for level in levels[::2]])
    _trials(axes, found, seen, drawn)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), facecolor="#F2F2F2")
    axes.set_xticks(*ticks(drawn.across, 6, 9))
    axes.set_yticks(*ticks(drawn.up, 6, 9))
    axes.grid(visible=False)


def _heights(low: float, high: float, *, logarithmic: bool) -> list[float]:
    if logarithmic:
        return [float(level) for level in np.geomspace(low, high, 11)]
    return [float(level) for level in MaxNLocator(11).tick_values(low, high)]


def _trials(axes: Axes, found: Findings, seen: Looked, drawn: Surface) -> None:
    places = seen.places[[drawn.across.name, drawn.up.name]].dropna()
    rising = found.facts.direction == "maximize"
    for state, mark, size, colour, label in (
        ("pruned", "x", 22, "#6E6E6E", "pruned"),
        ("complete", "o", 20, "white", "trained to the end"),
    ):
        of_state = seen.of_state(state)
        shown = thin(of_state[of_state.index.isin(places.index)], MOST, rising=rising)
        at = places.loc[shown.index]
        if not at.empty:
            x, y = at.to_numpy(float).T
            axes.scatter(
                x,
                y,
                marker=mark,
                c=colour,
                s=size,
                linewidths=0.8,
                edgecolors="black" if mark == "o" else None,
                label=label,
            )
    best = found.winner
    base = [t.number for t in found.baselines if t is not best and t.number in places.index]
    chosen = [best.number] if best is not None and best.number in places.index else []
    for numbers, mark, size, colour, label in (
        (base, "D", 55, look.BASELINE, "baseline"),
        (chosen, "*", 190, look.BEST, "recommended"),
    ):
        if numbers:
            x, y = places.loc[numbers].to_numpy(float).T
            axes.scatter(
                x,
                y,
                marker=mark,
                color=colour,
                edgecolors="white",
                s=size,
                zorder=4,
                label=label,
            )


def _height(drawn: Cells) -> float:
    return 1.5 + 0.62 * len(drawn.rows)


def _cells(axes: Axes, found: Findings, drawn: Cells) -> None:
    facts = found.facts
    written = len(drawn.columns) <= _WRITTEN
    name, format_ticks = look.metric_axis(facts)
    said = [
        [
            f"{words.metric(facts, median)}\nbest {words.metric(facts, best)} of {count}"
            if count
            else ""
            for median, best, count in zip(*row, strict=True)
        ]
        for row in zip(
            drawn.median.tolist(), drawn.best.tolist(), drawn.count.tolist(), strict=True
        )
    ]
    sns.heatmap(
        drawn.median,
        annot=np.array(said) if written else None,
        fmt="",
        annot_kws={"fontsize": "x-small" if len(drawn.columns) > 4 else "small"},  # noqa: PLR2004
        cmap=look.better(facts),
        linewidths=1.0,
        linecolor="white",
        xticklabels=[_level(level) for level in drawn.columns],
        yticklabels=[_level(level) for level in drawn.rows],
        cbar_kws={"label": f"median {name}", "format": format_ticks},
        ax=axes,
    )
    axes.set_facecolor("#F2F2F2")
    axes.grid(visible=False)
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=0)
    # As in every other picture, larger is farther up.
    axes.invert_yaxis()
    if drawn.recommended is not None:
        row, column = drawn.recommended
        frame = Rectangle((column, row), 1, 1, fill=False, edgecolor=look.BASELINE, linewidth=2.6)
        axes.add_patch(frame)


def _level(level: Level) -> str:
    if isinstance(level, tuple):
        return f"{short(level[0])} to\n{short(level[1])}"
    return look.short(words.parameter(level), 14)
