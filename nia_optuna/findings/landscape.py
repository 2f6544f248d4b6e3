"""The value over the two parameters that matter most: a smooth model, or what each cell reached."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.findings.axes import Axis
from nia_optuna.findings.facts import StudyFacts, Value
from nia_optuna.findings.looked import Looked
from nia_optuna.findings.outliers import furthest
from nia_optuna.findings.standing import winner

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 15
"""Complete trials below which a picture over two parameters is guesswork."""
MOST_TRIALS = 150
"""Complete trials that the model is fitted to; its time grows with the cube of their number."""
MOST_LEVELS = 12
"""Rows and columns of cells."""
NEAR = 0.12
"""How far from a trial the model is believed, as a part of each range."""
RESOLUTION = 80
"""Points of the model along each parameter."""
_FEW_WHOLE = 7  # as many whole numbers in a row are levels
_PARTS = 5  # into which a number is cut beside a choice
_DECADE = 10.0

Level = Value | tuple[float, float]
"""A choice, a whole number, or the ends of a part of a range."""


@dataclass(frozen=True, eq=False)
class Surface:
    """What a Gaussian process predicts over two numbers.

    `predicted` is (RESOLUTION, RESOLUTION), rows along `up`, columns along `across`, both from 0
    to 1; NaN farther than NEAR from every trial that it was `fitted` to. `explained` is R² of
    trials that were left out one by one. `logarithmic` says that the logarithm was modelled;
    `predicted` is the value all the same.
    """

    across: Axis
    up: Axis
    predicted: NDArray[np.float64]
    fitted: int
    trials: int
    explained: float
    logarithmic: bool


@dataclass(frozen=True, eq=False)
class Cells:
    """What complete trials reached in every cell of two parameters; (rows, columns), NaN: none.

    `columns` and `rows` name the levels, or the ends of the parts of a number. `recommended` is
    the row and column of the recommended configuration, where it has one.
    """

    across: Axis
    up: Axis
    columns: tuple[Level, ...]
    rows: tuple[Level, ...]
    median: NDArray[np.float64]
    best: NDArray[np.float64]
    count: NDArray[np.int64]
    trials: int
    recommended: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class Landscape:
    """The value over two parameters. `foremost` says that no two others matter more."""

    drawn: Surface | Cells
    foremost: bool


def landscape(
    facts: StudyFacts, where: Looked | None, shares: Mapping[str, float]
) -> Landscape | None:
    """Return the landscape of the two parameters with the largest shares that can be shown.

    They must be together in FEWEST complete trials, and neither may have more than MOST_LEVELS
    levels. None where there are no such two.
    """
    axes = {axis.name: axis for axis in where.axes} if where else {}
    ranked = [name for name in sorted(shares, key=lambda name: -shares[name]) if shares[name] > 0]
    pairs = sorted(combinations(ranked, 2), key=lambda pair: -sum(shares[n] for n in pair))
    for place, (one, other) in enumerate(pairs):
        if where is not None and one in axes and other in axes:
            drawn = _drawn(facts, where, axes[one], axes[other])
            if drawn is not None:
                return Landscape(drawn, foremost=place == 0)
    return None


def _drawn(facts: StudyFacts, where: Looked, across: Axis, up: Axis) -> Surface | Cells | None:
    places = where.places[[across.name, up.name]].dropna()
    known = where.of_state("complete").join(places, how="inner")
    at = known[[across.name, up.name]].to_numpy(float)
    if len(known) < FEWEST or any(len(np.unique(column)) == 1 for column in at.T):
        return None
    values = known["value"].to_numpy(float)
    columns, rows = _levels(across), _levels(up)
    if columns is None and rows is None:
        return _surface(facts, across, up, at, values)
    columns, rows = columns or _parts(across), rows or _parts(up)
    if max(len(columns), len(rows)) > MOST_LEVELS:
        return None
    best = winner(facts)
    place = np.stack([_level(up, rows, at[:, 1]), _level(across, columns, at[:, 0])], axis=1)
    chosen = [(int(r), int(c)) for r, c in place[known.index == (best.number if best else None)]]
    median, reached, count = _reached(facts, place, values, (len(rows), len(columns)))
    return Cells(
        across=across,
        up=up,
        columns=columns,
        rows=rows,
        median=median,
        best=reached,
        count=count,
        trials=len(at),
        recommended=next(iter(chosen), None),
    )


def _surface(
    facts: StudyFacts, across: Axis, up: Axis, at: NDArray[np.float64], values: NDArray[np.float64]
) -> Surface:
    """Fit a Gaussian process with a length for each parameter and noise, which is the rest.

    Outliers are taken for the furthest value that is worth seeing. What is explained follows from
    the fit (Rasmussen & Williams 2006, equation 5.12).
    """
    # Loads slowly; status must not.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    spread = np.unique(np.linspace(0, len(at) - 1, min(len(at), MOST_TRIALS)).round().astype(int))
    decades = bool(facts.direction == "minimize" and 0 < _DECADE * values.min() < values.max())
    seen, target = at[spread], _clipped(facts, np.log(values) if decades else values)[spread]
    # A narrower hill than a tenth of a range would be drawn around single trials.
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * RBF((0.4, 0.4), (0.1, 5.0)) + WhiteKernel(
        0.2, (1e-3, 1e1)
    )
    model = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    with warnings.catch_warnings():
        # A length at its bound says that a parameter does not matter here: no mistake.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(seen, target)
    line = np.linspace(0, 1, RESOLUTION)
    points = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    predicted = model.predict(points)
    nearest = np.sqrt(((points[:, None] - seen[None]) ** 2).sum(-1)).min(1)
    shown = np.where(nearest <= NEAR, np.exp(predicted) if decades else predicted, np.nan)
    return Surface(
        across=across,
        up=up,
        predicted=shown.reshape(RESOLUTION, RESOLUTION),
        fitted=len(seen),
        trials=len(at),
        explained=_explained(model.kernel_(seen), target),
        logarithmic=decades,
    )


def _explained(covariance: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    """Return R² of trials predicted from all others, at most 1."""
    centred = target - target.mean()
    inverse = np.linalg.inv(covariance)
    missed = inverse @ centred / np.diag(inverse)
    total = float((centred**2).sum())
    return 1 - float((missed**2).sum()) / total if total else 0.0


def _reached(
    facts: StudyFacts,
    place: NDArray[np.int64],
    values: NDArray[np.float64],
    size: tuple[int, int],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return median, best and number of the values in every cell."""
    median, best = np.full(size, math.nan), np.full(size, math.nan)
    count = np.zeros(size, dtype=np.int64)
    for row, column in np.unique(place, axis=0):
        here = values[(place == (row, column)).all(1)]
        median[row, column], count[row, column] = np.median(here), len(here)
        best[row, column] = here.max() if facts.direction == "maximize" else here.min()
    return median, best, count


def _levels(axis: Axis) -> tuple[Level, ...] | None:
    """Return what the axis is divided into by nature, None for a number."""
    if axis.between is None:
        return axis.levels
    if axis.whole and axis.between.high - axis.between.low < _FEW_WHOLE:
        return tuple(range(round(axis.between.low), round(axis.between.high) + 1))
    return None


def _parts(axis: Axis) -> tuple[Level, ...]:
    """Return equal parts of a number, on the scale that it is searched on."""
    ends = [axis.between.value(k / _PARTS) for k in range(_PARTS + 1)] if axis.between else []
    return tuple(pairwise(ends))


def _level(axis: Axis, levels: Sequence[Level], places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number of the level or part at each place."""
    if axis.between is not None and isinstance(levels[0], int):
        values = [round(axis.between.value(place) - axis.between.low) for place in places]
        return np.array(values, dtype=np.int64)
    parts = len(levels)
    if axis.between is None:
        return (places * (parts - 1)).round().astype(np.int64)
    return np.minimum((places * parts).astype(np.int64), parts - 1)


def _clipped(facts: StudyFacts, values: NDArray[np.float64]) -> NDArray[np.float64]:
    worst = furthest(facts, values.tolist())
    rising = facts.direction == "maximize"
    return np.maximum(values, worst) if rising else np.minimum(values, worst)
