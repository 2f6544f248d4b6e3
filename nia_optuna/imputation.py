"""What a trial that was cut short was heading for: one rule, for the search and for its findings.

Optuna's samplers rank every completed trial above every pruned one, so that early, mediocre
completions look good to them for ever. Letting a pruned trial stand with the value it was
heading for mends that, and lets findings learn from it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from statistics import median

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from nia_optuna.record import TrialAttr


@dataclass(frozen=True)
class Imputed:
    """A final value for every trial that ended, by its number and by what became of it."""

    complete: dict[int, float]
    pruned: dict[int, float]
    failed: dict[int, float]

    @property
    def values(self) -> dict[int, float]:
        """The three together."""
        return self.complete | self.pruned | self.failed


def in_space(trial: FrozenTrial) -> bool:
    """Return whether a model of the space may learn from a trial: it brings no recipe of its own.

    Of those that do not, some may yet have drawn no parameter.
    """
    return TrialAttr.RECIPE not in trial.user_attrs


def imputed(trials: Iterable[FrozenTrial], direction: StudyDirection) -> Imputed:
    """Return a final value for every trial that ended and says something.

    Complete trials keep theirs. A pruned one gets its last value plus the median gain that
    complete trials made from that epoch on (none has it: its last value); one that reported
    nothing is left out. A failed one gets the worst value of all, so that a region where trainings
    diverge is left, and so does a complete or pruned one whose value is not finite. While there is
    no value at all, failed ones are left out.
    """
    ended = list(trials)
    whole = {t.number: t.values[0] for t in ended if t.state == TrialState.COMPLETE}
    complete = _finite(whole)
    curves = [(complete[t.number], t.intermediate_values) for t in ended if t.number in complete]

    @cache  # thousands of pruned trials ended at the same few epochs
    def later(epoch: int) -> float:
        gains = (value - curve.get(epoch, math.nan) for value, curve in curves)
        known = [gain for gain in gains if math.isfinite(gain)]
        return median(known) if known else 0.0

    def heading(trial: FrozenTrial) -> float:
        last = max(trial.intermediate_values)
        return trial.intermediate_values[last] + later(last)

    cut = {
        t.number: heading(t)
        for t in ended
        if t.state == TrialState.PRUNED and t.intermediate_values
    }
    pruned = _finite(cut)
    lost = [t.number for t in ended if t.state == TrialState.FAIL]
    lost += (whole.keys() - complete.keys()) | (cut.keys() - pruned.keys())
    known = [*complete.values(), *pruned.values()]
    if not known:
        return Imputed({}, {}, {})
    worst = min(known) if direction == StudyDirection.MAXIMIZE else max(known)
    return Imputed(complete, pruned, dict.fromkeys(sorted(lost), worst))


def _finite(values: dict[int, float]) -> dict[int, float]:
    return {number: value for number, value in values.items() if math.isfinite(value)}
