"""One convergence curve for every cell of a grid: panels by two parameters, colours by a third."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from nia_optuna.findings.facts import TrialFacts, Value
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.grid import UNUSED, Grid
from nia_optuna.findings.learned import Band, Curve, band, searched, trained
from nia_optuna.report import words
from nia_optuna.report.plots import look
from nia_optuna.report.plots.steep import steep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 12
"""Rows of panels drawn; a picture with more is no picture. The table has every cell."""
_LONG = 4  # times as long: the shorter one would be a stub
_NOTHING = {"failed": "failed", "waiting": "not trained yet", "running": "running"}


def grid(found: Findings) -> bytes | None:
    """Return the picture, None where the study is no grid or no cell has recorded an epoch."""
    made = found.grid
    cells = made.cells if made else ()
    lines = {cell.number: band(searched(cell)) for cell in cells}
    training = {cell.number: trained(found.facts, cell) for cell in cells}
    if made is None or not any(lines.values()):
        return None
    rows = list(dict.fromkeys(made.key(cell, made.rows) for cell in made.cells))[:MOST_ROWS]
    columns: list[Value] = list(made.values[made.column]) if made.column else [None]
    with look.look():
        figure = look.figure(height=1.4 + 2.3 * len(rows), width=max(8.0, 2.6 * len(columns)))
        panels = figure.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
        first: Axes = panels[0][0]
        falling = found.facts.direction == "minimize"
        if falling:
            seen = [point.mean for line in lines.values() for point in line]
            steep(first, [*seen, *(value for line in training.values() for _, value in line)])
        for row, key in enumerate(rows):
            for place, column in enumerate(columns):
                shown = [
                    cell
                    for cell in made.cells
                    if made.key(cell, made.rows) == key
                    and (made.column is None or made.key(cell, (made.column,)) == (column,))
                ]
                axes = panels[row][place]
                for cell in shown:
                    _training(axes, training[cell.number], _style(made, cell))
                draw_panel(axes, made, shown, lines, falling=falling)
                axes.set_title(_title(made, key, column), fontsize="small")
        name, ticks = look.metric_axis(found.facts)
        _epochs(first, [len(line) for line in lines.values() if line])
        if ticks:
            first.yaxis.set_major_formatter(ticks)
        figure.supxlabel("epoch", fontsize="medium")
        both = any(training.values())
        figure.supylabel(
            words.measure(found.facts.metric) if both else name,
            fontsize="medium",
        )
        if handles := _legend(made, training=both):
            figure.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False)
        return look.png(figure)


def _training(axes: Axes, line: Curve, style: look.Series) -> None:
    axes.plot(
        [epoch for epoch, _ in line],
        [value for _, value in line],
        color=style.colour,
        linestyle=(0, (4, 2)),
        linewidth=0.8,
        alpha=0.8,
        zorder=1.9,
    )


def _epochs(axes: Axes, lengths: list[int]) -> None:
    """Give the axis of epochs room for the shortest line, where others are many times as long."""
    if max(lengths) > _LONG * min(lengths):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))


def draw_panel(
    axes: Axes,
    made: Grid,
    cells: list[TrialFacts],
    lines: Mapping[int, tuple[Band, ...]],
    *,
    falling: bool,
) -> None:
    """Draw the cells of one panel, and name those of which there is nothing to see."""
    # Only a logarithmic axis was cut, where cells diverged.
    top = axes.get_ylim()[1] if axes.get_yscale() == "log" else math.inf
    named = []
    for cell in cells:
        line, style = lines[cell.number], _style(made, cell)
        axes.plot(
            [point.epoch for point in line],
            [point.mean for point in line],
            color=style.colour,
            linestyle=style.line,
            marker=style.mark,
            markersize=4,
            markevery=max(1, len(line) // 8),
            linewidth=1.7,
        )
        beyond = "diverged" if line and min(point.mean for point in line) > top else ""
        if said := _NOTHING.get(cell.state, beyond):
            name = made.colour
            who = (
                f"{name} {words.parameter(cell.configuration.get(name, UNUSED))}: "
                if name is not None
                else ""
            )
            named.append(look.short(f"{who}{said}", 30))
    if named:
        axes.text(
            0.97,
            0.96 if falling else 0.04,
            "\n".join(named),
            transform=axes.transAxes,
            ha="right",
            va="top" if falling else "bottom",
            fontsize="x-small",
            color=look.TRIAL,
        )


def _style(made: Grid, cell: TrialFacts) -> look.Series:
    if made.colour is None:
        return look.series(0)
    known = made.values[made.colour]
    value = cell.configuration.get(made.colour, UNUSED)
    # What a branch does not ask for has the style after the last.
    return look.series(known.index(value) if value in known else len(known))


def _title(made: Grid, key: tuple[Value, ...], column: Value) -> str:
    said = [f"{name} {words.parameter(value)}" for name, value in zip(made.rows, key, strict=True)]
    if made.column is not None:
        said.insert(0, f"{made.column} {words.parameter(column)}")
    return " · ".join(look.short(each, 24) for each in said)


def _legend(made: Grid, *, training: bool) -> list[Line2D]:
    parts = [
        Line2D([], [], color=look.TRIAL, linewidth=1.7, label="validation"),
        Line2D([], [], color=look.TRIAL, linewidth=0.8, linestyle=(0, (4, 2)), label="training"),
    ]
    return [*_colours(made), *(parts if training else ())]


def _colours(made: Grid) -> list[Line2D]:
    if made.colour is None:
        return []
    used: list[Value] = list(made.values[made.colour])
    if any(made.colour not in cell.configuration for cell in made.cells):
        used.append(UNUSED)
    return [
        Line2D(
            [],
            [],
            color=look.series(number).colour,
            linestyle=look.series(number).line,
            marker=look.series(number).mark,
            label=look.short(f"{made.colour} {words.parameter(value)}"),
        )
        for number, value in enumerate(used)
    ]
