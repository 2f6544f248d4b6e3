"""Which parameters the value hung on, as two models of the searched space say, and how surely.

An adaptive search looks mostly where it expects to win, so shares over its own trials describe the
sampler as much as the space. Here the trials only teach two models (surrogate.py); both then
predict one even sample of the whole space, and the shares are of the variance there (variance.py).
What is split is the variance of the predicted rank, so that no outlier decides and a loss and its
logarithm give the same shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from nia_optuna.findings.clean import clean_text
from nia_optuna.findings.region import Region, Rows, region
from nia_optuna.findings.surrogate import Fit, Model, columns, forest, process
from nia_optuna.findings.usable import Usable, usable
from nia_optuna.findings.variance import interaction, shares, shares_inside
from nia_optuna.findings.verdict import Verdict, verdict

if TYPE_CHECKING:
    import optuna

EVALUATORS = ("Gaussian process", "random forest")

FEWEST_TRIALS = 10
"""Trials, complete and pruned, below which an importance would be noise."""
MOST_TRIALS = 120
"""Trials that the models learn from; the process's time grows with the cube of their number."""
REPLICATES = 20
"""Bootstrap samples of the trials that both models are fitted to again."""
SAMPLE = 1024
"""Configurations of the space that both models predict."""
_PERCENTILES = (5, 95)
_MOST_PAIRS = 3
_LEAST_PAIR = 0.01  # of the variance, at the lower end of both intervals: less is no statement

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """A share of the variance, from 0 to 1; 90 % of the bootstrap samples lie in [low, high]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Inside:
    """A parameter that only a part of the space uses: the `share` it has of the variance there.

    `branch` says in words where: "optimizer is sgd".
    """

    branch: str
    share: float


@dataclass(frozen=True)
class Evaluator:
    """What one model says: shares by parameter, in the order of Importances.order.

    `unseen` is Spearman's rank correlation of its predictions with the values of trials that the
    models at hand had not seen, from -1 to 1; None where no trial varies.
    """

    name: str
    shares: dict[str, Share]
    unseen: float | None


@dataclass(frozen=True)
class Pair:
    """Two parameters and what they explain together beyond each alone, by the two evaluators."""

    names: tuple[str, str]
    shares: tuple[Share, Share]


@dataclass(frozen=True)
class Importances:
    """Shares of the variance over the whole space, by two evaluators, and whether to rely on them.

    `order` has the parameters by their mean share, the largest first. `basis` says what the models
    learned from; `inside` tells of conditional parameters, `left_out` names those of which nobody
    can tell when they are used. Where `missing` says why, all else is empty.
    """

    order: tuple[str, ...]
    evaluators: tuple[Evaluator, ...]
    pairs: tuple[Pair, ...]
    inside: dict[str, Inside]
    basis: str
    left_out: tuple[str, ...]
    verdict: Verdict
    missing: str = ""

    def mean(self, name: str) -> float:
        """Return a parameter's share, the mean of both evaluators."""
        return float(np.mean([each.shares[name].value for each in self.evaluators]))


def importances(study: optuna.Study) -> Importances:
    """Return what mattered; never raises for lack of data. The same study gives the same shares.

    Trials, by numbers drawn with replacement, are what the bootstrap draws again (Efron &
    Tibshirani 1993); both models are fitted anew each time. The process takes a trial that is
    drawn twice once, as it would else believe the noise to be none.
    """
    found = usable(study)
    space = region(found.trials)
    reason = _too_little(found, space)
    if reason:
        left_out = tuple(map(clean_text, space.unknown))
        unknown = Verdict(rely=False, reasons=(reason,))
        return Importances((), (), (), {}, "", left_out, unknown, missing=reason)
    known = found.only(_spread(len(found.trials)))
    return _told(found, space, _measured(space, known))


@dataclass(frozen=True)
class _Measured:
    """Arrays by evaluator (2): `shares` (2, axes), `again` (2, replicates, axes)."""

    shares: Values
    again: Values
    unseen: tuple[float | None, float | None]
    inside: Values
    pairs: tuple[tuple[int, int, Values, Values], ...]


def _measured(space: Region, known: Usable) -> _Measured:
    rows = columns(space, space.codes(known.trials))
    values = _squashed(np.array(known.values))
    sample = space.sample(SAMPLE)
    asked = columns(space, sample)
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
    return _Measured(
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


def _told(found: Usable, space: Region, measured: _Measured) -> Importances:
    names = [clean_text(axis.name) for axis in space.axes]
    mean = measured.shares.mean(axis=0)
    places = sorted(range(len(names)), key=lambda k: (-mean[k], names[k]))
    evaluators = tuple(
        Evaluator(
            name,
            {names[k]: _share(measured.shares[e, k], measured.again[e, :, k]) for k in places},
            measured.unseen[e],
        )
        for e, name in enumerate(EVALUATORS)
    )
    pairs = [
        Pair(
            (names[one], names[other]),
            (_share(value[0], again[0]), _share(value[1], again[1])),
        )
        for one, other, value, again in measured.pairs
    ]
    return Importances(
        order=tuple(names[k] for k in places),
        evaluators=evaluators,
        pairs=tuple(p for p in pairs if min(s.low for s in p.shares) >= _LEAST_PAIR)[:_MOST_PAIRS],
        inside={
            names[k]: Inside(_branch(space, k), float(measured.inside[k]))
            for k in places
            if space.axes[k].parent
        },
        basis=_basis(found),
        left_out=tuple(map(clean_text, space.unknown)),
        verdict=verdict(names, len(found.trials), measured.shares, measured.again, measured.unseen),
    )


def _share(value: float, again: Values) -> Share:
    low, high = np.percentile(again, _PERCENTILES)
    return Share(float(value), float(min(low, value)), float(max(high, value)))


def _ranks(model: Model, asked: Rows) -> Values:
    return np.asarray(rankdata(model(asked)), dtype=float)


def _squashed(values: Values) -> Values:
    """Return the inverse hyperbolic sine of the values in quartile distances from their median.

    It is linear near the median and logarithmic far from it, so that strays do not rule a model.
    """
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return np.asarray(np.arcsinh((values - middle) / (high - low or values.std())))


def _strongest(space: Region, sample: Rows, ranks: list[Values]) -> list[tuple[int, int]]:
    """Return the pairs that explain most by both evaluators on average, the strongest first."""
    size = {
        (one, other): sum(interaction(space, sample, each, one, other) for each in ranks)
        for one in range(len(space.axes))
        for other in range(one)
    }
    return sorted(size, key=lambda pair: (-size[pair], pair))[:_MOST_PAIRS]


def _draws(trials: int) -> list[NDArray[np.intp]]:
    """Return bootstrap samples of places, each with two different ones at least."""
    return [np.random.default_rng(k).integers(trials, size=trials) for k in range(REPLICATES)]


def _spread(trials: int) -> list[int]:
    """Return the places of MOST_TRIALS trials, evenly from the first to the last."""
    if trials <= MOST_TRIALS:
        return list(range(trials))
    return [k * (trials - 1) // (MOST_TRIALS - 1) for k in range(MOST_TRIALS)]


def _branch(space: Region, place: int) -> str:
    axis = space.axes[place]
    parent = next(each for each in space.axes if each.name == axis.parent)
    if not parent.choices:
        return clean_text(f"some values of {parent.name}")
    options = " or ".join(str(parent.choices[int(code)]) for code in axis.on)
    return clean_text(f"{parent.name} is {options}")


def _basis(found: Usable) -> str:
    counts = [(found.complete, "complete"), (found.pruned, "pruned"), (found.failed, "failed")]
    counted = ", ".join(f"{number:,} {state}" for number, state in counts if number)
    if len(found.trials) > MOST_TRIALS:
        return f"{MOST_TRIALS} of {len(found.trials):,} trials ({counted}), evenly spaced"
    return f"{len(found.trials)} trials ({counted})"


def _too_little(found: Usable, space: Region) -> str:
    ended = found.complete + found.pruned
    if ended < FEWEST_TRIALS:
        return f"{ended} trials with a value are too few, {FEWEST_TRIALS} are needed"
    if len(space.axes) == 1 and not space.unknown:
        return "only one parameter was searched"
    if len(space.axes) < 2:  # noqa: PLR2004  # a share needs something to be shared with
        if not space.unknown:
            return "no parameter was searched"
        return "fewer than two parameters can be judged"
    if len(set(found.values)) == 1:
        return "all trials have the same value"
    return ""
