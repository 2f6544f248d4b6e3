"""A logarithmic axis where a falling loss crosses decades: what matters is at its end."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DECADE = 10.0
_FAR = 1000.0  # times the median: what is above has diverged
_AIR = 1.15


def steep(axes: Axes, values: Sequence[float]) -> None:
    """Make the axis of these values logarithmic where they span a decade; else leave it alone."""
    low, far = min(values), _FAR * median(values)
    if low <= 0:
        return
    high = max(value for value in values if value <= far)
    if high <= _DECADE * low:
        return
    axes.set_yscale("log")
    axes.set_ylim(low / _AIR, high * _AIR)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
