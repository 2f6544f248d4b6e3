"""Training beside validation, epoch by epoch: loss and accuracy, or the errors of a regression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.learned import band, measured
from nia_optuna.findings.standing import reported, winner
from nia_optuna.report import words
from nia_optuna.report.plots import look
from nia_optuna.report.plots.steep import steep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 4
"""Configurations drawn, two lines each; more cross too often to be followed."""

_PARTS: dict[str, look.LineStyle] = {"train": (0, (4, 2)), "validation": "-"}
_NAMES = {"train": "training", "validation": "validation"}


def learning(found: Findings) -> bytes | None:
    """Return the picture, None where no training recorded any of the measures."""
    facts = found.facts
    trials = shown(found)
    measures = [name for name in _measures(facts) if any(_has(facts, t, name) for t in trials)]
    drawn = [t for t in trials if any(_has(facts, t, name) for name in measures)]
    if not drawn:
        return None
    with look.look():
        made = look.figure(height=3.6 + 0.22 * len(drawn))
        panels = made.subplots(1, len(measures), squeeze=False)[0]
        for axes, name in zip(panels, measures, strict=True):
            _panel(axes, facts, drawn, name)
        handles = [
            Line2D(
                [],
                [],
                color=look.series(number).colour,
                linewidth=2.2,
                label=look.short(words.label(trial), 44) + _standing(facts, trial),
            )
            for number, trial in enumerate(drawn)
        ]
        handles += [
            Line2D([], [], color=look.TRIAL, linestyle=line, label=_NAMES[part])
            for part, line in _PARTS.items()
        ]
        made.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False)
        return look.png(made)


def shown(found: Findings) -> list[TrialFacts]:
    """Return the recommended one, then the baselines whose authors reported a figure.

    Of more than there is room for, those with the best figures, in the order of the baselines;
    where nobody reported any, the reference.
    """
    facts = found.facts
    figures = {
        trial.number: figure
        for trial in found.baselines
        if trial is not found.winner and (figure := reported(facts, trial)) is not None
    }
    sign = -1 if facts.direction == "maximize" else 1
    best = sorted(figures, key=lambda number: sign * figures[number])[: MOST - 1]
    told = [trial for trial in found.baselines if trial.number in best]
    first = [trial for trial in (found.winner,) if trial is not None]
    return first + (told or [trial for trial in (found.reference,) if trial is not None])


def _standing(facts: StudyFacts, trial: TrialFacts) -> str:
    return ", recommended" if trial is winner(facts) else ""


def _measures(facts: StudyFacts) -> tuple[str, str]:
    return ("mse", "mae") if facts.task == "regression" else ("loss", "accuracy")


def _has(facts: StudyFacts, trial: TrialFacts, measure: str) -> bool:
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
