"""Values as a model of the space sees them: how bad the bad ones are does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def half_ranked(values: Sequence[float], *, maximize: bool) -> NDArray[np.float64]:
    """Return values in which the worse half says no more than its order.

    The better half stays. The worse one becomes what a normal distribution would have there, whose
    spread is that of the better half around the median. A network that learned nothing is forty
    points behind one that is trained well, and a Gaussian process that has to explain forty points
    sees no difference between two that are one apart. After the half-rank warping of Vizier
    (Song et al. 2024, arXiv 2408.11527).
    """
    sign = 1 if maximize else -1
    high = sign * np.array(values, float)
    if not len(high):
        return high
    middle = float(np.median(high))
    above = high[high >= middle] - middle
    spread = float(np.sqrt(np.mean(above**2)))
    if spread > 0:
        low = high < middle
        order = np.sort(high)
        below = np.searchsorted(order, high[low], "left")
        not_above = np.searchsorted(order, high[low], "right")
        shares = (below + not_above) / (2 * len(high))  # equal values have one share
        normal = NormalDist(middle, spread)
        high[low] = [normal.inv_cdf(share) for share in shares]
    return sign * high
