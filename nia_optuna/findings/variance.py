"""How much of a value's variance over the space each parameter, and each pair, accounts for.

Functional ANOVA (Hutter et al. 2014) on an even sample: the share of a parameter is the variance
of the mean value at its levels; the share of a pair is what the means at its pairs of levels vary
beyond that. With finitely many configurations a level's mean varies by chance too; what chance
gives is subtracted (Olejnik & Algina 2003: omega squared).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nia_optuna.findings.region import Region, Rows

Values = NDArray[np.float64]

_FEWEST = 64
"""Configurations that use an axis or a pair, below which it has no share."""


def shares(region: Region, sample: Rows, values: Values) -> Values:
    """Return the share of each axis in the variance of `values` over the sample, from 0 to 1.

    An axis that only a part of the sample uses is judged inside that part: its share is what it
    explains there, of the variance over the whole sample.
    """
    whole = _spread(values)
    found = [_explained(_levels(region, sample, k), values) for k in range(len(region.axes))]
    return np.array(found) / whole if whole > 0 else np.zeros(len(found))


def shares_inside(region: Region, sample: Rows, values: Values) -> Values:
    """Return the share of each axis in the variance over those that use it."""
    found = []
    for k in range(len(region.axes)):
        used = ~np.isnan(sample[:, k])
        inside = _spread(values[used]) if used.any() else 0.0
        found.append(_explained(_levels(region, sample, k), values) / inside if inside > 0 else 0.0)
    return np.array(found)


def interaction(region: Region, sample: Rows, values: Values, one: int, other: int) -> float:
    """Return the share of two axes together beyond that of each, where both are in use."""
    both = ~np.isnan(sample[:, [one, other]]).any(axis=1)
    whole = _spread(values)
    if both.sum() < _FEWEST or not whole > 0:
        return 0.0
    first, second = (_levels(region, sample, k) for k in (one, other))
    cells = np.where(both, first * (second.max() + 1) + second, -1)
    alone = sum(_explained(np.where(both, each, -1), values) for each in (first, second))
    return max(0.0, (_explained(cells, values) - alone) / whole)


def _levels(region: Region, sample: Rows, axis: int) -> NDArray[np.intp]:
    """Return the level of every configuration, -1 where the axis is not in use."""
    used = ~np.isnan(sample[:, axis])
    levels = np.full(len(sample), -1, dtype=np.intp)
    levels[used] = region.axes[axis].level(sample[used, axis])
    return levels


def _explained(levels: NDArray[np.intp], values: Values) -> float:
    """Return the sum of squares between levels, less what chance gives; 0 where too few use it."""
    used = levels >= 0
    if used.sum() < _FEWEST:
        return 0.0
    mine, groups = values[used], np.unique(levels[used], return_inverse=True)[1]
    counts = np.bincount(groups)
    means = np.bincount(groups, mine) / counts
    between = float(counts @ (means - mine.mean()) ** 2)
    free = len(mine) - len(counts)
    by_chance = (len(counts) - 1) * (_spread(mine) - between) / free if free > 0 else 0.0
    return max(0.0, between - by_chance)


def _spread(values: Values) -> float:
    return float(((values - values.mean()) ** 2).sum())
