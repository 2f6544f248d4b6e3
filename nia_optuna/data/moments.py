"""What inputs are normalised by: the mean and standard deviation of what is learnt from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from numpy.typing import NDArray

    from nia_optuna.data.dataset import View

CHUNK = 1024  # examples looked at a time: a mapped data set never lies in memory as a whole

Moments = tuple[tuple[float, ...], tuple[float, ...]]


def moments(view: View, normalise: Literal["standard"] | tuple[float, float]) -> Moments:
    """Return the mean and standard deviation that each channel or feature is normalised by.

    "standard" measures them over the view; a pair is taken for all of them alike. Those of pictures
    are meant after a division by 255. Raises DataError for anything else.
    """
    if normalise != "standard":
        mean, std = _checked(normalise)
        width = view.part.inputs.shape[1]
        return (mean,) * width, (std,) * width
    measure = _of_pictures if view.part.inputs.dtype == np.uint8 else _of_rows
    return measure(view)


def _checked(normalise: Sequence[float]) -> tuple[float, float]:
    try:
        mean, std = map(float, normalise)
    except (TypeError, ValueError):
        mean, std = math.nan, math.nan
    if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
        raise DataError(
            f"normalise={normalise!r} must be 'standard' or a (mean, standard deviation) of finite "
            "numbers, the second above 0"
        )
    return mean, std


def _of_pictures(view: View) -> Moments:
    """Return the exact moments of each channel, where white is 1."""
    channels = view.part.inputs.shape[1]
    counts = np.zeros((channels, 256), np.int64)
    for start in range(0, len(view), CHUNK):
        pictures = view.part.inputs[view.index[start : start + CHUNK]]
        for channel in range(channels):
            counts[channel] += np.bincount(pictures[:, channel].ravel(), minlength=256)
    values = np.arange(256) / 255
    mean = counts @ values / counts.sum(axis=1)
    deviation = (values - mean[:, None]) ** 2
    std = np.sqrt((counts * deviation).sum(axis=1) / counts.sum(axis=1))
    return _divisible(mean, std, constant=(counts > 0).sum(axis=1) == 1)


def _of_rows(view: View) -> Moments:
    """Return the moments of each feature in its own unit, of the rows as a whole population."""
    rows = view.part.inputs[view.index].astype(np.float64)
    # Rounding gives a constant feature a tiny deviation, so that it is told by its values.
    constant = (rows == rows[0]).all(axis=0)
    return _divisible(rows.mean(axis=0), rows.std(axis=0), constant=constant)


def _divisible(
    mean: NDArray[np.float64], std: NDArray[np.float64], *, constant: NDArray[np.bool_]
) -> Moments:
    std = np.where(constant, 1.0, std)
    return tuple(map(float, mean)), tuple(map(float, std))
