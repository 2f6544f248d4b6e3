"""The scale on which models learn values: linear near the middle, logarithmic far from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Squash:
    """The inverse hyperbolic sine of the distance from `middle` in a `width`.

    Strays do not rule a model that learns on this scale.
    """

    middle: float
    width: float

    def squashed(self, values: Values) -> Values:
        """Return values on the model's scale."""
        return np.asarray(np.arcsinh((values - self.middle) / self.width))

    def undone(self, squashed: Values) -> Values:
        """Return the values that stand so on the model's scale: the inverse of `squashed`."""
        return np.asarray(self.middle + self.width * np.sinh(squashed))


def squash(values: Values) -> Squash:
    """Return the scale around the median in quartile distances, or in standard deviations."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return Squash(float(middle), float(high - low or values.std() or 1.0))
