"""Whether what two evaluators say of the first parameter is to be relied on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_TO_RELY = 20
"""Trials below which nothing is relied on, however clear it looks."""
MARGIN = 1.5
"""How many times the end of any other interval the first one's must begin at, at least.

Bootstrap intervals tell how much hangs on which trials were drawn, not how wrong both models are
where the search hardly looked; the margin is for that. benchmarks/importances.md tells how its
size was chosen.
"""
LEAST_UNSEEN = 0.4
"""Rank correlation on unseen trials below which a model has not understood the space."""


@dataclass(frozen=True)
class Verdict:
    """Whether to rely on the first parameter being the first; `reasons` are why not."""

    rely: bool
    reasons: tuple[str, ...]


def verdict(
    names: Sequence[str],
    trials: int,
    shares: NDArray[np.float64],
    again: NDArray[np.float64],
    unseen: Sequence[float | None],
) -> Verdict:
    """Return the verdict on `shares` (2, parameters), `again` (2, bootstrap samples, parameters).

    `unseen` is the rank correlation of each evaluator on trials that it had not seen. Intervals
    are of the mean of both evaluators, from the 5th to the 95th percentile.
    """
    reasons = []
    if trials < FEWEST_TO_RELY:
        reasons.append(f"{trials} trials are too few, {FEWEST_TO_RELY} are needed")
    firsts = [names[int(k)] for k in shares.argmax(axis=1)]
    if len(set(firsts)) > 1:
        reasons.append(f"one evaluator puts {firsts[0]} first, the other {firsts[1]}")
    first = int(shares.mean(axis=0).argmax())
    lows, highs = np.percentile(again.mean(axis=0), (5, 95), axis=0)
    highs[first] = -np.inf
    rival = int(highs.argmax())
    if lows[first] <= highs[rival]:
        reasons.append(f"the intervals of {names[first]} and {names[rival]} overlap")
    elif lows[first] < MARGIN * highs[rival]:
        reasons.append(
            f"the interval of {names[first]} begins at less than {MARGIN} times the end of that "
            f"of {names[rival]}"
        )
    poor = [value for value in unseen if value is None or value < LEAST_UNSEEN]
    if poor:
        known = [f"{value:.2f}" for value in poor if value is not None]
        how = f" (rank correlation {' and '.join(known)})" if known else ""
        reasons.append(f"trials that the models had not seen are predicted badly{how}")
    return Verdict(not reasons, tuple(reasons))
