"""The best value found so far against what it had cost by then, alone and over several seeds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from nia_optuna.findings.elapsed import elapsed
from nia_optuna.findings.facts import StudyFacts

Steps = tuple[tuple[float, float], ...]
"""(cost, best value from there on), by cost."""


@dataclass(frozen=True)
class Anytime:
    """How the best so far rose in one search, the last step being its end; empty without a value.

    `by_epochs` counts the epochs of all trials that had ended; `by_seconds` the time at work, see
    `elapsed`, None where the storage does not tell.
    """

    by_epochs: Steps
    by_seconds: Steps | None


@dataclass(frozen=True)
class Span:
    """Mean, least and most of the best values of several searches from a cost on."""

    cost: float
    mean: float
    low: float
    high: float


def anytime(facts: StudyFacts) -> Anytime:
    """Return the curve of a study; only complete trials have a value, all cost epochs."""
    seconds = elapsed(facts)
    ended = [t for t in facts.trials if t.state in ("complete", "pruned", "failed")]
    if seconds is not None:
        ended.sort(key=lambda trial: (seconds[trial.number], trial.number))
    epochs, best, rows = 0, None, list[tuple[float, float, float]]()
    for trial in ended:
        epochs += trial.epochs_trained
        if trial.state == "complete" and trial.value is not None:
            better = best is None or facts.gain(trial.value, best) > 0
            best = trial.value if better else best
        if best is not None:
            rows.append((float(epochs), seconds[trial.number] if seconds else 0.0, best))
    return Anytime(
        by_epochs=_steps([(row[0], row[2]) for row in rows]),
        by_seconds=_steps([(row[1], row[2]) for row in rows]) if seconds is not None else None,
    )


def spans(searches: Sequence[Steps]) -> tuple[Span, ...]:
    """Return mean and range over searches from the cost on at which each has a value.

    A search that has ended keeps its best. Empty where one has no value.
    """
    if not searches or not all(searches):
        return ()
    begin = max(steps[0][0] for steps in searches)
    costs = sorted({cost for steps in searches for cost, _ in steps if cost >= begin})
    found = []
    for cost in costs:
        values = [_at(steps, cost) for steps in searches]
        found.append(Span(cost, fmean(values), min(values), max(values)))
    return tuple(found)


def _at(steps: Steps, cost: float) -> float:
    return steps[bisect_right(steps, cost, key=lambda step: step[0]) - 1][1]


def _steps(rows: list[tuple[float, float]]) -> Steps:
    """Return the rows at which the best changed, and the last."""
    kept = [row for place, row in enumerate(rows) if not place or row[1] != rows[place - 1][1]]
    return tuple(kept if not rows or kept[-1] == rows[-1] else [*kept, rows[-1]])
