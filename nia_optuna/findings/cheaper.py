"""The cheapest configurations that are nearly as good as the recommended one.

The one-standard-error rule (Breiman, Friedman, Olshen & Stone 1984): of what lies within one
standard error of the best mean, take the simplest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from nia_optuna.findings.confirmation import confirmed
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.failed import failed
from nia_optuna.findings.standing import winner

CLEARLY = 0.9
"""Part of a cost from which on another is the same."""


@dataclass(frozen=True)
class Cheaper:
    """What stands `within` one standard error of the recommended one on validation, best first.

    `error` is the standard deviation over its `seeds` by the square root of their number.
    `quickest` and `smallest` are those of them that cost clearly less than the recommended one,
    None where none does. `seconds` are of one training, by trial number, see seconds_each.
    """

    error: float
    seeds: int
    within: tuple[TrialFacts, ...]
    quickest: TrialFacts | None
    smallest: TrialFacts | None
    seconds: dict[int, float]


def cheaper(facts: StudyFacts) -> Cheaper | None:
    """Return what the rule finds; None without another configuration or two seeds to judge by.

    What failed on a fresh seed takes no part.
    """
    best, out = winner(facts), failed(facts)
    known = {number: each for number, each in confirmed(facts).items() if number not in out}
    if best is None or best.number not in known or len(known) == 1:
        return None
    mine = known[best.number].validation
    if len(mine.values) < 2:  # noqa: PLR2004  # a spread needs two
        return None
    error = stdev(mine.values) / math.sqrt(len(mine.values))
    within = tuple(
        trial
        for number, each in known.items()
        if (trial := facts.trial(number)) is not None
        and trial is not best
        and facts.gain(mine.mean, each.validation.mean) <= error
    )
    seconds = {t.number: s for t in (best, *within) if (s := seconds_each(facts, t)) is not None}
    return Cheaper(
        error=error,
        seeds=len(mine.values),
        within=within,
        quickest=_least(best, within, [seconds.get(t.number) for t in (best, *within)]),
        smallest=_least(best, within, [t.parameters for t in (best, *within)]),
        seconds=seconds,
    )


def seconds_each(facts: StudyFacts, trial: TrialFacts) -> float | None:
    """Return what one training took: the mean in the confirmation, else in the search."""
    known = [r.seconds for r in facts.runs if r.trial == trial.number and r.seconds is not None]
    return fmean(known) if known else trial.seconds_each


def quicker(facts: StudyFacts, one: TrialFacts, other: TrialFacts) -> bool:
    """Return whether every confirmation training of `one` took less time than each of `other`'s.

    False where either has fewer than two: the time of one training is that of the machine, too.
    """
    mine, theirs = (
        [r.seconds for r in facts.runs if r.trial == trial.number and r.seconds is not None]
        for trial in (one, other)
    )
    return min(len(mine), len(theirs)) > 1 and max(mine) < min(theirs)


def _least(
    best: TrialFacts, within: Sequence[TrialFacts], costs: Sequence[float | None]
) -> TrialFacts | None:
    """Return which of `within` costs least where that is clearly below `best`, the first cost."""
    own = costs[0]
    pairs = [(cost, t) for cost, t in zip(costs, (best, *within), strict=True) if cost is not None]
    if own is None:
        return None
    cost, trial = min(pairs, key=lambda pair: pair[0])
    return trial if cost < CLEARLY * own else None
