"""What each class was taken for: mistakes in colour, right answers faded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import seaborn as sns
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from nia_optuna.findings.findings import Findings
from nia_optuna.report.plots import look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_NUMBERED = 30  # classes; the counts of more cannot be read
_LONG = 16  # letters of a name
_ACROSS = 70  # letters below the axis, side by side, each name with room for the longest
_RIGHT = "#EFEFEF"


def confusion(found: Findings) -> bytes | None:
    """Return the picture, None where nothing was counted or there is one class only."""
    test = found.on_test
    if test is None or len(test.confusion) < 2:  # noqa: PLR2004  # nothing to be taken for
        return None
    counts = np.asarray(test.confusion)
    names = [_ends(name) for name in test.names]
    with look.look():
        made = look.figure(height=min(7.6, 2.4 + 0.42 * len(counts)))
        axes = made.subplots()
        _colours(axes, counts)
        _diagonal(axes, counts)
        axes.grid(visible=False)
        axes.set(xlabel="taken for", ylabel="true class")
        _names(axes, names)
        return look.png(made)


def _colours(axes: Axes, counts: NDArray[np.int64]) -> None:
    size = len(counts)
    of_class = counts.sum(1, keepdims=True)
    shares = counts / np.maximum(of_class, 1)
    mistakes = ~np.eye(size, dtype=bool)
    shown = [["" if not n else f"{n}" for n in row] for row in counts.tolist()]
    sns.heatmap(
        shares,
        mask=~mistakes | (counts == 0),
        annot=np.array(shown) if size <= _NUMBERED else None,
        fmt="",
        annot_kws={"fontsize": _letters(size)},
        cmap="Blues",
        vmin=0,
        vmax=shares[mistakes].max() or 1,
        square=True,
        linewidths=0.5 if size <= _NUMBERED else 0,
        linecolor="#F4F4F4",
        xticklabels=False,
        yticklabels=False,
        cbar_kws={
            "format": PercentFormatter(xmax=1),
            "label": "share of the true class",
            "shrink": 0.75,
        },
        ax=axes,
    )


def _diagonal(axes: Axes, counts: NDArray[np.int64]) -> None:
    size = len(counts)
    for number, right in enumerate(counts.diagonal().tolist()):
        axes.add_patch(_square(number))
        if size <= _NUMBERED:
            axes.text(
                number + 0.5,
                number + 0.5,
                f"{right}",
                ha="center",
                va="center",
                color=look.FADED,
                fontsize=_letters(size),
            )


def _square(number: int) -> Rectangle:
    return Rectangle((number, number), 1, 1, facecolor=_RIGHT, edgecolor="none", zorder=0)


def _names(axes: Axes, names: list[str]) -> None:
    step = math.ceil(len(names) / _NUMBERED)
    places, shown = np.arange(len(names))[::step] + 0.5, names[::step]
    level = len(shown) * max(map(len, shown)) <= _ACROSS
    axes.set_xticks(places, shown, rotation=0 if level else 90)
    axes.set_yticks(places, shown, rotation=0)


def _ends(name: str) -> str:
    # Long names of classes often begin alike and differ at their ends.
    return name if len(name) <= _LONG else f"{name[:9]}…{name[-6:]}"


def _letters(size: int) -> float:
    return 10 if size <= 12 else 120 / size  # noqa: PLR2004  # as many as fit beside each other
