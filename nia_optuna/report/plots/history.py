"""The search as it went: every trial, the best so far, and the baseline to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.plots import look
from nia_optuna.report.plots.baselines import baseline_lines
from nia_optuna.report.plots.window import window

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_MARKS = {
    "pruned": ("x", look.FADED, 34, "pruned, at its last epoch"),
    "complete": ("o", look.TRIAL, 24, "trained to the end"),
}


def history(found: Findings) -> bytes | None:
    """Return the picture, None where no trial has a value."""
    shown = found.trials[found.trials["value"].notna() & found.trials["state"].isin(list(_MARKS))]
    if shown.empty:
        return None
    shown = shown.astype({"number": int, "value": float})
    with look.look():
        made = look.figure()
        axes = made.subplots()
        name, ticks = look.metric_axis(found.facts)
        axes.set(xlabel="trial", ylabel=name, ylim=_limits(found, shown))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if ticks:
            axes.yaxis.set_major_formatter(ticks)
        _trials(axes, shown[shown["baseline"].isna()])
        _baselines(axes, found)
        _best(axes, found, int(shown["number"].max()))
        made.legend(loc="outside upper center", ncols=3, frameon=False)
        return look.png(made, light=True)


def _limits(found: Findings, shown: pd.DataFrame) -> tuple[float, float]:
    base = found.reference
    keep = [base.value] if base is not None and base.value is not None else []
    return window(found.facts, list(shown["value"]), keep)


def _trials(axes: Axes, shown: pd.DataFrame) -> None:
    low, high = axes.get_ylim()
    scale = min(1.0, max(0.2, 150 / max(1, len(shown))))  # many marks are small marks
    for state, (mark, colour, size, name) in _MARKS.items():
        of_state = shown[shown["state"] == state]
        inside = of_state[of_state["value"].between(low, high)]
        if not of_state.empty:
            axes.scatter(
                inside["number"],
                inside["value"],
                marker=mark,
                color=colour,
                s=size * scale,
                label=name,
            )
        for beyond, edge, triangle in (
            (of_state[of_state["value"] < low], low, "v"),
            (of_state[of_state["value"] > high], high, "^"),
        ):
            axes.scatter(
                beyond["number"],
                [edge] * len(beyond),
                marker=triangle,
                color=colour,
                s=30 * scale,
                clip_on=False,
                zorder=3,
            )


def _baselines(axes: Axes, found: Findings) -> None:
    low, high = axes.get_ylim()
    shown = [
        (trial.number, trial.value)
        for trial in found.baselines
        if trial.value is not None and low <= trial.value <= high
    ]
    if shown:
        axes.scatter(
            [number for number, _ in shown],
            [value for _, value in shown],
            marker="D",
            color=look.BASELINE,
            edgecolors="white",
            s=60,
            zorder=4,
            label="baseline" if len(shown) == 1 else "baselines",
        )
    baseline_lines(axes, found)


def _best(axes: Axes, found: Findings, end: int) -> None:
    steps = found.best_so_far
    if steps:
        last = steps[-1][1]
        axes.step(
            [*(number for number, _ in steps), end],
            [*(value for _, value in steps), last],
            where="post",
            color=look.BEST,
            linewidth=2.2,
            label=f"best so far: {words.metric(found.facts, last)}",
        )
