"""A number that may be known only to lie between two others, as a time that ran out is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median as middle


@dataclass(frozen=True)
class Figure:
    """What lies from `low` to `high`, both at least 0 and both included."""

    low: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> Figure:
        """Return a number that is known."""
        return cls(value, value)

    @classmethod
    def at_least(cls, value: float) -> Figure:
        """Return a number that is not below another."""
        return cls(value, math.inf)

    def over(self, other: Figure) -> Figure:
        """Return this number divided by another, which is above 0."""
        return Figure(self.low / other.high, self.high / other.low)

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.low:.1f}"
        if self.high < math.inf:
            return f"{self.low:.1f} to {self.high:.1f}" if self.low else f"≤ {self.high:.1f}"
        return f"≥ {self.low:.1f}" if self.low else "not known"


def median(figures: Iterable[Figure]) -> Figure:
    """Return the median; where it might lie follows from where each number might."""
    return _ranked(list(figures), middle)


def spread(figures: Iterable[Figure]) -> str:
    """Return the smallest and the largest of some numbers, for reading."""
    several = list(figures)
    return f"{_ranked(several, min)} … {_ranked(several, max)}"


def _ranked(figures: Sequence[Figure], rank: Callable[[Sequence[float]], float]) -> Figure:
    # A rank never falls where a number rises, so its bounds are those ranks of the bounds.
    return Figure(rank([f.low for f in figures]), rank([f.high for f in figures]))
