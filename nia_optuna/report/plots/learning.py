"""Training beside validation, epoch by epoch: loss and accuracy, or the errors of a regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.learned import band, measured
from nia_optuna.report import words
from nia_optuna.report.plots import look
from nia_optuna.report.plots.steep import steep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PARTS: dict[str, look.LineStyle] = {"train": (0, (4, 2)), "validation": "-"}


def learning(found: Findings) -> bytes | None:
    """Return the picture, None where no training recorded any of the measures."""
    facts = found.facts
    trials = [trial for trial in (found.winner, found.reference) if trial is not None]
    measures = [name for name in _measures(facts) if any(_bands(facts, t, name) for t in trials)]
    shown = [t for t in trials if any(_bands(facts, t, name) for name in measures)]
    if not shown:
        return None
    with look.look():
        made = look.figure(height=4.0)
        panels = made.subplots(1, len(measures), squeeze=False)[0]
        for axes, name in zip(panels, measures, strict=True):
            _panel(axes, facts, shown, name)
        handles = [
            Line2D(
                [],
                [],
                color=look.series(number).colour,
                linewidth=2.2,
                label=look.short(words.name(trial), 36)
                + (", recommended" if trial is found.winner else " (baseline)"),
            )
            for number, trial in enumerate(shown)
        ]
        handles += [
            Line2D([], [], color=look.TRIAL, linestyle=line, label=part)
            for part, line in _PARTS.items()
        ]
        made.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False)
        return look.png(made)


def _measures(facts: StudyFacts) -> tuple[str, str]:
    return ("mse", "mae") if facts.task == "regression" else ("loss", "accuracy")


def _bands(facts: StudyFacts, trial: TrialFacts, measure: str) -> bool:
    return any(
        measured(facts, trial, name) for name in (f"train_{measure}", f"validation_{measure}")
    )


def _panel(axes: Axes, facts: StudyFacts, trials: list[TrialFacts], measure: str) -> None:
    values = []
    for number, trial in enumerate(trials):
        for part, line in _PARTS.items():
            points = band(measured(facts, trial, f"{part}_{measure}"))
            values += [point.mean for point in points]
            axes.plot(
                [point.epoch for point in points],
                [point.mean for point in points],
                color=look.series(number).colour,
                linestyle=line,
                linewidth=2.0 if part == "validation" else 1.4,
                marker="." if len(points) == 1 else "",
            )
    axes.set(xlabel="epoch", ylabel=words.measure(measure))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if measure == "accuracy":
        axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    elif values:
        steep(axes, values)
