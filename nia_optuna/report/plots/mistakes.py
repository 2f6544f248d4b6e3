"""A gallery of the mistakes that the network was surest of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.mistakes import Mistake
from nia_optuna.predictions import SHOWN
from nia_optuna.report.plots import look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_COLUMNS = 6
_ON_A_LINE = 16  # letters above a picture
_COLOURS = 3


def mistakes(found: Findings) -> bytes | None:
    """Return the picture, None where no pictures of mistakes were kept."""
    shown = found.on_test.mistakes[:SHOWN] if found.on_test else ()
    if not shown:
        return None
    rows = math.ceil(len(shown) / _COLUMNS)
    two_lines = any(len(each.true) + len(each.taken_for) > _ON_A_LINE - 3 for each in shown)
    with look.look():
        made = look.figure(height=rows * (1.85 if two_lines else 1.7))
        places = made.subplots(rows, _COLUMNS, squeeze=False).ravel()
        for place in places[len(shown) :]:
            place.set_axis_off()
        for place, each in zip(places, shown, strict=False):
            _picture(place, each, "\n→ " if two_lines else " → ")
        return look.png(made, light=True)


def _picture(axes: Axes, shown: Mistake, arrow: str) -> None:
    # Nearest: what the network saw, pixel by pixel, not a softened picture of it.
    axes.imshow(pixels(shown.picture), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    true, taken_for = look.short(shown.true, 14), look.short(shown.taken_for, 14)
    axes.set_title(f"{true}{arrow}{taken_for}", fontsize="small", pad=3)
    axes.set_xlabel(confidence(shown.confidence), fontsize="small", color=look.TRIAL, labelpad=2)


def pixels(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (channels, height, width) as (height, width, 3), or as grey (height, width)."""
    if len(picture) == _COLOURS:
        return picture.transpose(1, 2, 0)
    grey: NDArray[np.uint8] = picture.mean(0).astype(np.uint8)
    return grey


def confidence(probability: float) -> str:
    """Return "98.7 %"; never 100 %, which no softmax reaches."""
    return "> 99.9 %" if probability > 0.9995 else f"{100 * probability:.1f} %"  # noqa: PLR2004
