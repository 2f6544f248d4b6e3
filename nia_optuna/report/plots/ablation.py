"""What each change added on the way from a baseline to the recommended configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nia_optuna.findings.ablation import Ablation
from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.ablation import Bar, bars
from nia_optuna.report.plots import look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_THICK = 0.58


def ablation(found: Findings) -> bytes | None:
    """Return the waterfall, None where no path was found."""
    made = found.ablation
    if made is None or not made.steps:
        return None
    shown = bars(made)
    names = [
        f"{look.short(words.name(made.source), 30)}, measured",
        *(_label(bar) for bar in shown),
        "not accounted for",
        f"{look.short(words.name(made.target), 30)}, measured",
    ]
    told = [
        words.metric(found.facts, made.start),
        *(words.gain(found.facts, bar.gain) for bar in shown),
        words.gain(found.facts, made.rest),
        words.metric(found.facts, made.end),
    ]
    with look.look():
        figure = look.figure(height=1.0 + 0.38 * len(names))
        axes = figure.subplots()
        _draw(axes, found.facts, made, shown)
        right = axes.twinx()
        for side, labels in ((axes, names), (right, told)):
            side.set_yticks(range(len(names)), labels)
            side.set_ylim(len(names) - 0.4, -0.6)
            side.grid(visible=False, axis="y")
        label, formatter = look.metric_axis(found.facts)
        better = "higher" if found.facts.direction == "maximize" else "lower"
        axes.set(xlabel=f"{label} ({better} is better)", ylabel="")
        if formatter is not None:
            axes.xaxis.set_major_formatter(formatter)
            # An interval knows nothing of the ends of a scale.
            low, high = axes.get_xlim()
            axes.set_xlim(max(low, -0.005), min(high, 1.005))
        return look.png(figure)


def _draw(axes: Axes, facts: StudyFacts, made: Ablation, shown: list[Bar]) -> None:
    sign = 1 if facts.direction == "maximize" else -1
    at, last = made.start, len(shown) + 2
    rest = Bar("", "", "", made.rest, None)
    for row, bar in enumerate((*shown, rest), start=1):
        to = at + sign * bar.gain
        # A thin line from the row above shows where this one begins.
        axes.plot([at, at], [row - 1, row], color=look.TRIAL, linewidth=0.9, zorder=1)
        better = bar.gain >= 0
        axes.barh(
            row,
            to - at,
            left=at,
            height=_THICK,
            color="white" if bar is rest else look.BEST if better else look.BASELINE,
            edgecolor=look.TRIAL if bar is rest else "white",
            hatch="////" if bar is rest else "" if better else "xx",  # told apart in grey too
            zorder=2,
        )
        if bar.ci95 is not None:
            ends = sorted(at + sign * end for end in bar.ci95)
            axes.errorbar(
                to,
                row,
                xerr=[[max(0.0, to - ends[0])], [max(0.0, ends[1] - to)]],
                color="black",
                linewidth=1.3,
                capsize=4,
                zorder=3,
            )
        at = to
    axes.plot([at, at], [last - 1, last], color=look.TRIAL, linewidth=0.9, zorder=1)
    axes.plot([made.start], [0], marker="D", color=look.BASELINE, markersize=8)
    axes.plot([made.end], [last], marker="o", color=look.BEST, markersize=9)


def _label(bar: Bar) -> str:
    """Return "activation: relu → gelu", without the values where they would not fit."""
    if not (bar.before or bar.after):
        return bar.what
    if "," in bar.before + bar.after:
        before, after = bar.before.partition(",")[0], bar.after.partition(",")[0]
        return look.short(f"{bar.what.partition(' and ')[0]}: {before} → {after}, …", 40)
    return look.short(f"{bar.what}: {bar.before} → {bar.after}", 40)
