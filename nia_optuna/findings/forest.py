"""A random forest that predicts the metric of a configuration, and how far to believe it.

Such a surrogate answers for trainings that never were (Biedenkapp et al. 2017).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from nia_optuna.findings.facts import StudyFacts, TrialFacts, Value
from nia_optuna.findings.imputed import imputed

if TYPE_CHECKING:
    from numpy.typing import NDArray

Configuration = Mapping[str, Value]

TREES = 300
MOST_TRIALS = 300
"""Trials that it learns from; of more it takes so many, evenly spaced."""
_SPAN = 4.0  # times the way from the best to the median value: worse values count as that
_CHANCE = 0.05
_Z975 = 1.959964


@dataclass(frozen=True, eq=False)
class Surrogate:
    """A fitted forest.

    Of its `trials` some were `pruned` and some `failed`, see imputed. `explained` is the part of
    the variance that it predicts of trials that its trees had not seen (out of bag; 1 at most,
    0 or below for nothing), `correlation` Spearman's with them, `chance` the probability of as
    high a correlation where there is none.
    """

    trials: int
    pruned: int
    failed: int
    explained: float
    correlation: float
    chance: float
    encoding: _Encoding
    trees: tuple[Any, ...]
    drawn: NDArray[np.float64]
    """How often each tree drew each trial (trees, trials)."""

    @property
    def better_than_chance(self) -> bool:
        """Whether it can be believed at all."""
        return self.explained > 0 and self.chance < _CHANCE

    def predict(self, configurations: Sequence[Configuration]) -> NDArray[np.float64]:
        """Return what every tree predicts (trees, configurations); the forest says their mean.

        Values of parameters must be such as the trials had.
        """
        rows = self.encoding.rows(configurations)
        return np.stack([tree.tree_.predict(rows).reshape(-1) for tree in self.trees])

    def half_widths(self, predicted: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return half of the 95 % interval of the means over trees of (trees, n).

        The variance is the mean of the infinitesimal jackknife's and the jackknife's after the
        bootstrap, both corrected for the number of trees: the one is too small, the other too
        large (Wager, Hastie & Efron 2014). The Monte Carlo error of that number is added.
        """
        number = len(self.trees)
        off = predicted - predicted.mean(axis=0)
        error = np.square(off).mean(axis=0) / number
        covariance = (self.drawn - self.drawn.mean(axis=0)).T @ off / number
        small = np.square(covariance).sum(axis=0) - self.trials * error
        without = (self.drawn == 0).T
        moved = without @ off / without.sum(axis=1, keepdims=True)
        large = (1 - 1 / self.trials) * np.square(moved).sum(axis=0)
        large -= (math.e - 1) * self.trials * error
        variance = np.maximum((small + large) / 2, 0) + error
        widths: NDArray[np.float64] = _Z975 * np.sqrt(variance)
        return widths


def surrogate(facts: StudyFacts, keep: Sequence[TrialFacts]) -> Surrogate | None:
    """Return the forest fitted on the trials inside of the space, those of `keep` always included.

    A value that is farther from the best than four times the median is counts as no worse than
    that, so that a few diverged trainings do not rule it; values of `keep` stay as they are.
    None where fewer than two different values are left.
    """
    from scipy.stats import spearmanr  # both load slowly; status must not
    from sklearn.ensemble import RandomForestRegressor

    values = imputed(facts)
    inside = [t for t in facts.trials if t.number in values and t.configuration]
    numbers = {trial.number for trial in keep}
    chosen = _spread(inside, numbers)
    y = _held(
        facts, [values[t.number] for t in chosen], [values[n] for n in numbers if n in values]
    )
    if len(set(y.tolist())) < 2:  # noqa: PLR2004  # nothing to tell apart
        return None
    encoding = _Encoding.of([t.configuration for t in chosen])
    rows = encoding.rows([t.configuration for t in chosen])
    forest = RandomForestRegressor(TREES, oob_score=True, random_state=0, n_jobs=1).fit(rows, y)
    unseen = forest.oob_prediction_
    rank = spearmanr(unseen, y, alternative="greater")
    drawn = [np.bincount(each, minlength=len(y)) for each in forest.estimators_samples_]
    return Surrogate(
        trials=len(chosen),
        pruned=sum(t.state == "pruned" for t in chosen),
        failed=sum(t.state == "failed" for t in chosen),
        explained=1 - float(np.square(unseen - y).sum() / np.square(y - y.mean()).sum()),
        correlation=float(rank.statistic) if math.isfinite(rank.statistic) else 0.0,
        chance=float(rank.pvalue) if math.isfinite(rank.pvalue) else 1.0,
        encoding=encoding,
        trees=tuple(forest.estimators_),
        drawn=np.stack(drawn).astype(np.float64),
    )


def _spread(trials: list[TrialFacts], keep: set[int]) -> list[TrialFacts]:
    """Return MOST_TRIALS of the trials from the first to the last, and those to keep."""
    if len(trials) <= MOST_TRIALS:
        return trials
    some = {k * (len(trials) - 1) // (MOST_TRIALS - 1) for k in range(MOST_TRIALS)}
    return [t for place, t in enumerate(trials) if place in some or t.number in keep]


def _held(facts: StudyFacts, values: list[float], keep: list[float]) -> NDArray[np.float64]:
    """Return the values, those beyond the span of interest at its end."""
    best_of, worst_of = (max, min) if facts.direction == "maximize" else (min, max)
    best = best_of(values, default=0.0)
    far = best + _SPAN * (median(values) - best) if values else best
    if far == best:
        return np.asarray(values)
    return np.asarray([best_of(value, worst_of([far, *keep])) for value in values])


@dataclass(frozen=True)
class _Encoding:
    """How a configuration becomes a row of numbers.

    A number becomes its rank among the values that were tried: trees see no more of it. Of a
    choice each value has a column. What a configuration does not have is NaN or has no column.
    """

    ranks: dict[str, dict[float, int]]
    columns: dict[str, tuple[str, ...]]

    @staticmethod
    def of(configurations: Sequence[Configuration]) -> _Encoding:
        tried: dict[str, list[Value]] = {}
        for configuration in configurations:
            for name, value in configuration.items():
                tried.setdefault(name, []).append(value)
        ranks: dict[str, dict[float, int]] = {}
        columns: dict[str, tuple[str, ...]] = {}
        for name, values in sorted(tried.items()):
            numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
            if len(numbers) == len(values):
                ranks[name] = {value: rank for rank, value in enumerate(sorted(set(numbers)))}
            else:
                columns[name] = tuple(sorted({repr(value) for value in values}))
        return _Encoding(ranks, columns)

    def rows(self, configurations: Sequence[Configuration]) -> NDArray[np.float32]:
        made = [
            [
                *(_rank(ranks, c.get(name)) for name, ranks in self.ranks.items()),
                *(
                    float(name in c and repr(c[name]) == value)
                    for name, values in self.columns.items()
                    for value in values
                ),
            ]
            for c in configurations
        ]
        return np.asarray(made, dtype=np.float32)


def _rank(ranks: Mapping[float, int], value: Value) -> float:
    return math.nan if value is None or isinstance(value, str) else float(ranks[value])
