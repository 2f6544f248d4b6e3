"""The value against each parameter: where the search looked, and where it did well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.findings.axes import Axis
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.looked import Looked, thin
from nia_optuna.report.plots import look
from nia_optuna.report.plots.baselines import lines
from nia_optuna.report.plots.scale import spread, ticks
from nia_optuna.report.plots.window import window

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST = 600
"""Trials of a state that are drawn."""
_COLUMNS = 3
_ACROSS = 24  # letters that fit below a panel, side by side
_MARKS = {
    "pruned": ("x", look.FADED, 22, "pruned, at its last epoch"),
    "complete": ("o", look.TRIAL, 16, "trained to the end"),
}


def slices(found: Findings) -> bytes | None:
    """Return the picture, None where there is no telling where the search looked."""
    seen = found.looked
    if seen is None:
        return None
    columns = min(_COLUMNS, len(seen.axes))
    rows = -(-len(seen.axes) // columns)
    with look.look():
        made = look.figure(height=1.0 + 1.95 * rows)
        panels = made.subplots(rows, columns, sharey=True, squeeze=False).flatten()
        name, format_ticks = look.metric_axis(found.facts)
        panels[0].set_ylim(_limits(found, seen))
        if format_ticks:
            panels[0].yaxis.set_major_formatter(format_ticks)
        made.supylabel(name, fontsize="medium")
        for axes, axis in zip(panels, seen.axes, strict=False):
            _panel(axes, found, seen, axis)
        for axes in panels[len(seen.axes) :]:
            axes.set_visible(False)
        handles = {
            label: handle
            for axes in panels
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        made.legend(
            list(handles.values()),
            list(handles),
            loc="outside upper center",
            ncols=3,
            frameon=False,
        )
        return look.png(made, light=True)


def _limits(found: Findings, seen: Looked) -> tuple[float, float]:
    best = found.reference
    keep = [best.value] if best is not None and best.value is not None else []
    return window(found.facts, seen.trials["value"].dropna().tolist(), keep)


def _panel(axes: Axes, found: Findings, seen: Looked, axis: Axis) -> None:
    places = seen.places[axis.name].dropna()
    rising = found.facts.direction == "maximize"
    low, high = axes.get_ylim()
    for state, (mark, colour, size, label) in _MARKS.items():
        of_state = seen.of_state(state)
        shown = thin(of_state[of_state.index.isin(places.index)], MOST, rising=rising)
        if shown.empty:
            continue
        at = spread(axis, places[shown.index])
        value = shown["value"].to_numpy(float)
        small = min(1.0, max(0.25, 120 / len(shown)))
        inside = (low <= value) & (value <= high)
        axes.scatter(
            at[inside],
            value[inside],
            marker=mark,
            color=colour,
            s=size * small,
            alpha=min(0.8, max(0.3, 80 / len(shown))),
            linewidths=1.0 if mark == "x" else 0,
            label=label,
        )
        for beyond, edge, triangle in ((value < low, low, "v"), (value > high, high, "^")):
            axes.scatter(
                at[beyond],
                np.full(beyond.sum(), edge),
                marker=triangle,
                color=colour,
                s=16 * small,
                clip_on=False,
                zorder=3,
            )
    _failed(axes, seen, places, axis, rising=rising)
    if axis.between is None:
        _medians(axes, seen, places, axis)
    _marked(axes, found, seen, axis, places)
    steps = axis.steps
    room = 0.5 / steps if axis.between is None else 0.06 + (0.25 / steps if steps else 0.0)
    axes.set_xlim(-room, 1 + room)
    marked, names = ticks(axis, 4 if axis.between else 8, 11)
    level = sum(map(len, names)) <= _ACROSS
    axes.set_xticks(marked, names, fontsize="small", rotation=0 if level else 20)
    axes.set_title(look.short(axis.name, 30), fontsize="medium")
    if axis.between is None:
        axes.grid(visible=False, axis="x")


def _failed(
    axes: Axes, seen: Looked, places: pd.Series[float], axis: Axis, *, rising: bool
) -> None:
    failed = seen.of_state("failed").index
    at = spread(axis, places[places.index.isin(failed)])
    if len(at):
        axes.scatter(
            at,
            np.full(len(at), 0.03 if rising else 0.97),
            transform=axes.get_xaxis_transform(),
            marker="|",
            color=look.SECOND,
            s=60,
            linewidths=1.6,
            label="failed",
        )


def _medians(axes: Axes, seen: Looked, places: pd.Series[float], axis: Axis) -> None:
    complete = seen.of_state("complete")["value"]
    half = 0.36 / axis.steps
    by_place = complete.groupby(places.reindex(complete.index)).median()
    axes.hlines(
        by_place.to_numpy(float),
        by_place.index.to_numpy(float) - half,
        by_place.index.to_numpy(float) + half,
        color=look.TRIAL,
        linewidth=1.6,
        label="median of a choice",
    )


def _marked(
    axes: Axes, found: Findings, seen: Looked, axis: Axis, places: pd.Series[float]
) -> None:
    low, high = axes.get_ylim()
    outside = [value for trial, value in lines(found) if trial.number not in seen.trials.index]
    for value in outside:
        if low <= value <= high:
            axes.axhline(
                value,
                color=look.BASELINE,
                linestyle=(0, (5, 3)),
                linewidth=1.1,
                label="baseline outside of the space",
            )
    best = found.winner
    inside = [trial for trial in found.baselines if trial is not best]
    for trials, mark, colour, size, label in (
        (inside, "D", look.BASELINE, 36, "baseline"),
        ([best], "*", look.BEST, 150, "recommended"),
    ):
        shown = [t for t in trials if t and t.number in places.index and t.value is not None]
        if not shown:
            continue
        at = spread(axis, places[[trial.number for trial in shown]])
        for x, trial in zip(at.tolist(), shown, strict=True):
            value = trial.value or 0.0
            # As everywhere, a triangle at the edge is what lies beyond.
            axes.scatter(
                [x],
                [min(high, max(low, value))],
                marker="v" if value < low else "^" if value > high else mark,
                color=colour,
                edgecolors="white",
                s=size,
                zorder=4,
                clip_on=low <= value <= high,
                label=label if low <= value <= high else None,
            )
