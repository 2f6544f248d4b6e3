"""Which trials say something about the space, each with one final value, by a stated rule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import optuna
from optuna.study import StudyDirection
from optuna.trial import TrialState

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


@dataclass(frozen=True)
class Usable:
    """Trials inside of the space and the value each stands with, in the order of their numbers.

    `complete`, `pruned` and `failed` count them by what became of them.
    """

    trials: tuple[FrozenTrial, ...]
    values: tuple[float, ...]
    complete: int
    pruned: int
    failed: int

    def only(self, places: list[int]) -> Usable:
        """Return those at `places`; the counts go on telling of all."""
        trials = tuple(self.trials[k] for k in places)
        values = tuple(self.values[k] for k in places)
        return Usable(trials, values, self.complete, self.pruned, self.failed)


def usable(study: optuna.Study) -> Usable:
    """Return the finished trials that have parameters, by the rule the search itself goes by.

    A complete trial stands with its value; a pruned one with its last value plus the median of
    what complete trials still gained from that epoch on; a failed one, or one whose value is not
    finite, with the worst value of all. A pruned trial that reported nothing is left out. Where
    nothing is complete, nothing is usable.
    """
    inside = [trial for trial in study.get_trials(deepcopy=False) if trial.distributions]
    complete = {
        trial.number: trial.values[0]
        for trial in inside
        if trial.state == TrialState.COMPLETE and math.isfinite(trial.values[0])
    }
    if not complete:
        return Usable((), (), 0, 0, 0)
    whole = [trial for trial in inside if trial.number in complete]
    pruned = {
        trial.number: heading
        for trial in inside
        if trial.state == TrialState.PRUNED
        and (heading := _heading(trial, whole)) is not None
        and math.isfinite(heading)
    }
    ends = min if study.direction == StudyDirection.MAXIMIZE else max
    worst = ends([*complete.values(), *pruned.values()])
    failed = {
        trial.number: worst
        for trial in inside
        if trial.state == TrialState.FAIL
        or (trial.state == TrialState.COMPLETE and trial.number not in complete)
    }
    values = complete | pruned | failed
    kept = tuple(trial for trial in inside if trial.number in values)
    return Usable(
        kept,
        tuple(values[trial.number] for trial in kept),
        len(complete),
        len(pruned),
        len(failed),
    )


def _heading(trial: FrozenTrial, complete: list[FrozenTrial]) -> float | None:
    """Return the value that a pruned trial was heading for, None where it reported nothing."""
    if not trial.intermediate_values:
        return None
    last = max(trial.intermediate_values)
    gains = [
        each.values[0] - each.intermediate_values[last]
        for each in complete
        if math.isfinite(each.intermediate_values.get(last, math.nan))
    ]
    return trial.intermediate_values[last] + (median(gains) if gains else 0.0)
