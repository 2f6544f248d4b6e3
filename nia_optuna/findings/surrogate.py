"""A surrogate that predicts the metric of a configuration, and whether to believe it.

It answers for trainings that never were (Biedenkapp et al. 2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from nia_optuna.findings.encoding import codes
from nia_optuna.findings.facts import Configuration, StudyFacts
from nia_optuna.findings.forest import Forest, grown
from nia_optuna.findings.region import Axis, region
from nia_optuna.findings.usable import Tried, count, evenly

TREES = 300
MOST_TRIALS = 300
"""Trials that it learns from; of more it takes so many, evenly spaced."""
_SPAN = 4.0  # times the way from the best to the median value: worse values count as that
_CHANCE = 0.05


@dataclass(frozen=True, eq=False)
class Surrogate:
    """A forest that was fitted to `trials`, of which some were `pruned` and some `failed`.

    `explained` is the part of the variance that it predicts of trials that its trees had not seen
    (out of bag; 1 at most, 0 or below for nothing), `correlation` Spearman's with them, `chance`
    the probability of as high a correlation where there is none.
    """

    trials: int
    pruned: int
    failed: int
    explained: float
    correlation: float
    chance: float
    axes: tuple[Axis, ...]
    forest: Forest

    @property
    def better_than_chance(self) -> bool:
        """Whether it can be believed at all."""
        return self.explained > 0 and self.chance < _CHANCE

    def predict(self, configurations: Sequence[Configuration]) -> NDArray[np.float64]:
        """Return what every tree predicts (trees, configurations); the forest says their mean.

        Choices must be such as the trials had.
        """
        return self.forest.by_tree(codes(self.axes, configurations))


def surrogate(facts: StudyFacts, tried: Sequence[Tried], keep: Sequence[int]) -> Surrogate | None:
    """Return the surrogate fitted to the trials, those numbered in `keep` always included.

    A value that is farther from the best than four times the median is counts as no worse than
    that, so that a few diverged trainings do not rule it; values of `keep` stay as they are.
    None where fewer than two different values are left.
    """
    from scipy.stats import spearmanr  # loads slowly; status must not

    some = set(evenly(len(tried), MOST_TRIALS))
    chosen = tuple(t for place, t in enumerate(tried) if place in some or t.number in keep)
    values = [trial.value for trial in chosen]
    y = _held(facts, values, [trial.value for trial in chosen if trial.number in keep])
    if len(set(y.tolist())) < 2:  # noqa: PLR2004  # nothing to tell apart
        return None
    space = region(chosen)
    # Unlike a share of the space, a prediction needs no telling when a parameter is used.
    axes = (*space.axes, *space.unknown)
    if not axes:
        return None
    # Codes as they are: a tree cuts an ordered choice best in its order, and takes NaN.
    rows = codes(axes, [trial.params for trial in chosen])
    forest = grown(rows, y, TREES, seed=0, unseen=True)
    unseen = forest.unseen()
    rank = spearmanr(unseen, y, alternative="greater")
    return Surrogate(
        trials=len(chosen),
        pruned=count(chosen, "pruned"),
        failed=count(chosen, "failed"),
        explained=1 - float(np.square(unseen - y).sum() / np.square(y - y.mean()).sum()),
        correlation=float(rank.statistic) if math.isfinite(rank.statistic) else 0.0,
        chance=float(rank.pvalue) if math.isfinite(rank.pvalue) else 1.0,
        axes=axes,
        forest=forest,
    )


def _held(facts: StudyFacts, values: list[float], keep: list[float]) -> NDArray[np.float64]:
    """Return the values, those beyond the span of interest at its end."""
    best_of, worst_of = (max, min) if facts.direction == "maximize" else (min, max)
    best = best_of(values, default=0.0)
    far = best + _SPAN * (median(values) - best) if values else best
    if far == best:
        return np.asarray(values)
    return np.asarray([best_of(value, worst_of([far, *keep])) for value in values])
