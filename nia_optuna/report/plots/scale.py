"""The scale of a searched parameter on an axis that runs from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from nia_optuna.findings.axes import Axis
from nia_optuna.report import words
from nia_optuna.report.numbers import short
from nia_optuna.report.plots import look

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Ticks = tuple[list[float], list[str]]
GOLDEN, PLASTIC = 0.6180339887498949, 0.7548776662466927
"""Ways to spread the trials of a strip, for two directions."""


def ticks(axis: Axis, most: int, letters: int) -> Ticks:
    """Return at most about `most` places and their names, of at most so many letters.

    Of more levels every so many is named.
    """
    if axis.between is None:
        step = math.ceil(len(axis.levels) / most)
        shown = range(0, len(axis.levels), step)
        names = [look.short(words.parameter(axis.levels[k]), letters) for k in shown]
        return [axis.level(k) for k in shown], names
    low, high = axis.between.low, axis.between.high
    found: Sequence[float] = ()
    if axis.between.log:
        found = LogLocator(numticks=most).tick_values(low, high)
        if sum(low <= value <= high for value in found) < 2:  # noqa: PLR2004  # no decade inside
            found = (low, high)
    else:
        found = MaxNLocator(nbins=most, integer=axis.whole).tick_values(low, high)
    return _placed(axis, [value for value in found if low <= value <= high])


def ends(axis: Axis) -> Ticks:
    """Return both ends of a number with their names."""
    return _placed(axis, [axis.between.low, axis.between.high] if axis.between else [])


def spread(axis: Axis, places: pd.Series[float], ratio: float = GOLDEN) -> NDArray[np.float64]:
    """Return where trials are drawn: those of one choice beside each other, always the same way."""
    at = np.asarray(places, dtype=np.float64)
    if not axis.steps:
        return at
    apart = np.asarray(places.index, dtype=np.float64) * ratio % 1 - 0.5
    return np.add(at, 0.5 / axis.steps * apart, dtype=np.float64)


def _placed(axis: Axis, values: Sequence[float]) -> Ticks:
    places = [axis.place(float(value)) for value in values]
    known = [(at, short(v)) for at, v in zip(places, values, strict=True) if at is not None]
    return [at for at, _ in known], [name for _, name in known]
