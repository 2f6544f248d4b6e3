"""Shares of the variance over the searched space, by two models, and by both fitted again.

An adaptive search looks mostly where it expects to win, so shares over its own trials describe the
sampler as much as the space. Here the trials only teach two models (models.py); both then predict
one even sample of the whole space, and the shares are of the variance there (variance.py). What is
split is the variance of the predicted rank, so that no outlier decides and a loss and its
logarithm give the same shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from nia_optuna.findings.encoding import codes, columns
from nia_optuna.findings.models import Fit, Model, forest, process
from nia_optuna.findings.region import Region, Rows
from nia_optuna.findings.squash import squash
from nia_optuna.findings.usable import Tried
from nia_optuna.findings.variance import interaction, shares, shares_inside

REPLICATES = 20
"""Bootstrap samples of the trials that both models are fitted to again."""
SAMPLE = 1024
"""Configurations of the space that both models predict."""
MOST_PAIRS = 3
"""Pairs of axes that are looked at: those that explain most together."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """What the process and the forest say, in that order, of the axes of a region in theirs.

    `shares` (2, axes) are by the models of all trials, `again` (2, replicates, axes) by those of
    every bootstrap sample, `inside` (axes,) the mean share where an axis is in use. `unseen` is
    Spearman's rank correlation of predictions with the values of trials that the models at hand
    had not seen, None where no trial varies. `pairs` are the strongest first: two axes, their share
    beyond each alone (2,) and again (2, replicates).
    """

    shares: Values
    again: Values
    unseen: tuple[float | None, float | None]
    inside: Values
    pairs: tuple[tuple[int, int, Values, Values], ...]


def measured(space: Region, trials: Sequence[Tried]) -> Measured:
    """Return what two models that learn from the trials say of the space; always the same.

    Trials, by numbers drawn with replacement, are what the bootstrap draws again (Efron &
    Tibshirani 1993); both models are fitted anew each time. The process takes a trial that is
    drawn twice once, as it would else believe the noise to be none.
    """
    rows = columns(space.axes, codes(space.axes, [trial.params for trial in trials]))
    plain = np.array([trial.value for trial in trials])
    values = squash(plain).squashed(plain)
    sample = space.sample(SAMPLE)
    asked = columns(space.axes, sample)
    smooth, smooth_again = process(rows, values)
    ranks = [_ranks(model, asked) for model in (smooth, forest(rows, values, 0))]
    pairs = _strongest(space, sample, ranks)
    again = np.zeros((2, REPLICATES, len(space.axes)))
    joint = np.zeros((len(pairs), 2, REPLICATES))
    unseen = _Unseen(values)
    for number, drawn in enumerate(_draws(len(values))):
        once = np.unique(drawn)
        fits: tuple[tuple[Fit, NDArray[np.intp]], ...] = ((smooth_again, once), (forest, drawn))
        for k, (fit, picked) in enumerate(fits):
            model = fit(rows[picked], values[picked], number)
            predicted = _ranks(model, asked)
            again[k, number] = shares(space, sample, predicted)
            for place, (one, other) in enumerate(pairs):
                joint[place, k, number] = interaction(space, sample, predicted, one, other)
            unseen.add(k, model, rows, once)
    return Measured(
        shares=np.array([shares(space, sample, each) for each in ranks]),
        again=again,
        unseen=(unseen.correlation(0), unseen.correlation(1)),
        inside=np.mean([shares_inside(space, sample, each) for each in ranks], axis=0),
        pairs=tuple(
            (
                *(one, other),
                np.array([interaction(space, sample, each, one, other) for each in ranks]),
                joint[place],
            )
            for place, (one, other) in enumerate(pairs)
        ),
    )


class _Unseen:
    """What the models of each evaluator predict, on average, for trials they were not shown."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._sums = np.zeros((2, len(values)))
        self._times = np.zeros((2, len(values)))

    def add(self, evaluator: int, model: Model, rows: Rows, seen: NDArray[np.intp]) -> None:
        left = np.setdiff1d(np.arange(len(rows)), seen)
        if len(left):
            self._sums[evaluator, left] += model(rows[left])
            self._times[evaluator, left] += 1

    def correlation(self, evaluator: int) -> float | None:
        known = self._times[evaluator] > 0
        guessed = self._sums[evaluator, known] / self._times[evaluator, known]
        ranks = [rankdata(each) for each in (guessed, self._values[known])]
        if any(len(set(each)) < 2 for each in ranks):  # noqa: PLR2004  # constant: no correlation
            return None
        return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(model: Model, asked: Rows) -> Values:
    return np.asarray(rankdata(model(asked)), dtype=float)


def _strongest(space: Region, sample: Rows, ranks: list[Values]) -> list[tuple[int, int]]:
    """Return the pairs that explain most by both evaluators on average, the strongest first."""
    size = {
        (one, other): sum(interaction(space, sample, each, one, other) for each in ranks)
        for one in range(len(space.axes))
        for other in range(one)
    }
    return sorted(size, key=lambda pair: (-size[pair], pair))[:MOST_PAIRS]


def _draws(trials: int) -> list[NDArray[np.intp]]:
    """Return bootstrap samples of places, each with two different ones at least."""
    return [np.random.default_rng(k).integers(trials, size=trials) for k in range(REPLICATES)]
