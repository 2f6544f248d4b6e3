"""How every trial learned: the recommended one and the baseline in front of all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.plots import look
from nia_optuna.report.plots.steep import steep
from nia_optuna.report.plots.window import window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nia_optuna.findings.facts import RunFacts, TrialFacts

Points = list[tuple[int, float]]


def curves(found: Findings) -> bytes | None:
    """Return the picture, None where no trial has recorded an epoch."""
    lines = {trial.number: line for trial in found.facts.trials if (line := _line(trial))}
    if not lines:
        return None
    finished = {run.trial: _line(run) for run in found.facts.finished}
    front = [trial for trial in (found.reference, found.winner) if trial and trial.number in lines]
    with look.look():
        made = look.figure()
        axes = made.subplots()
        name, ticks = look.metric_axis(found.facts)
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if ticks:
            axes.yaxis.set_major_formatter(ticks)
        others = [t for t in found.facts.trials if t.number in lines and t not in front]
        handles = _background(axes, others, lines)
        handles += _finished(axes, lines, finished)
        for trial in front:
            handles += _emphasised(axes, found, trial, lines[trial.number])
        axes.autoscale_view()
        # One diverging loss or dead network would press all the others flat.
        drawn = [*lines.values(), *finished.values()]
        values = [value for line in drawn for _, value in line]
        kept = [value for trial in front for _, value in lines[trial.number]]
        low, high = window(found.facts, values, kept)
        axes.set_ylim(low, high)
        if found.facts.direction == "minimize":
            steep(axes, [value for value in values if value <= high])
        ends = {trial.number: lines[trial.number][-1] for trial in others}
        ends |= {trial: line[-1] for trial, line in finished.items() if line}
        _beyond(axes, list(ends.values()))
        made.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False)
        return look.png(made, light=True)


def _background(axes: Axes, trials: list[TrialFacts], lines: dict[int, Points]) -> list[Line2D]:
    handles = []
    for pruned, colour, mark, name in (
        (True, look.FADED, "x", "pruned"),
        (False, look.TRIAL, "", "other trials"),
    ):
        drawn = [lines[t.number] for t in trials if (t.state == "pruned") == pruned]
        if not drawn:
            continue
        axes.add_collection(
            LineCollection(drawn, colors=colour, linewidths=0.9, alpha=look.faint(len(drawn)))
        )
        # A line of one epoch has no length: unless its end is marked, it would not be seen.
        ends = [line[-1] for line in drawn if pruned or len(line) == 1]
        if ends:
            x, y = zip(*ends, strict=True)
            axes.scatter(x, y, marker=mark or ".", color=colour, s=20, alpha=look.faint(len(ends)))
        handles.append(Line2D([], [], color=colour, linewidth=1.2, marker=mark, label=name))
    return handles


def _finished(axes: Axes, lines: dict[int, Points], finished: dict[int, Points]) -> list[Line2D]:
    """Draw how pruned trials went on, from where they were pruned."""
    colour, alpha = look.CHECKED, min(0.95, max(0.4, 18 / max(1, len(finished))))
    handles: list[Line2D] = []
    for trial, line in finished.items():
        pruned_at = lines[trial][-1][0] if trial in lines else 0
        rest = [(epoch, value) for epoch, value in line if epoch >= pruned_at]
        if not rest:
            continue
        x, y = zip(*rest, strict=True)
        style: look.LineStyle = (0, (6, 1.5, 1, 1.5))
        axes.plot(x, y, color=colour, linestyle=style, linewidth=1.6, alpha=alpha, zorder=3)
        # Ends lie above the lines in front: by them the finished ones are counted.
        axes.plot(
            x[-1:],
            y[-1:],
            "D",
            color=colour,
            markerfacecolor="white",
            markersize=6,
            alpha=alpha,
            zorder=5,
        )
        handles = [
            Line2D(
                [],
                [],
                color=colour,
                linestyle=style,
                linewidth=1.6,
                marker="D",
                markerfacecolor="white",
                label="pruned, finished for the check",
            )
        ]
    return handles


def _beyond(axes: Axes, ends: list[tuple[int, float]]) -> None:
    """Mark at the edge where lines end that have left the picture."""
    low, high = axes.get_ylim()
    for edge, mark, gone in (
        (low, "v", [epoch for epoch, value in ends if value < low]),
        (high, "^", [epoch for epoch, value in ends if value > high]),
    ):
        axes.scatter(
            gone,
            [edge] * len(gone),
            marker=mark,
            color=look.TRIAL,
            s=26,
            alpha=max(0.3, look.faint(max(1, len(gone)))),
            clip_on=False,
            zorder=3,
        )


def _emphasised(axes: Axes, found: Findings, trial: TrialFacts, line: Points) -> list[Line2D]:
    recommended = trial is found.winner
    name = words.label(trial) + (", recommended" if recommended else "")
    x, y = zip(*line, strict=True)
    return axes.plot(
        x,
        y,
        color=look.BEST if recommended else look.BASELINE,
        linestyle="-" if recommended else "--",
        marker="o" if recommended else "s",
        markersize=4.5,
        markevery=max(1, len(line) // 20),
        linewidth=2.4,
        zorder=4,
        label=f"{look.short(name, 40)}: {words.metric(found.facts, trial.value)}",
    )


def _line(trial: TrialFacts | RunFacts) -> Points:
    return [(epoch.number, epoch.metric) for epoch in trial.curve if epoch.metric is not None]
