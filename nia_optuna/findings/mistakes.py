"""The most confident mistakes, each with its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nia_optuna.predictions import Predictions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Mistake:
    """One picture uint8 (channels, height, width), what it shows and what it was taken for.

    `confidence` is the probability given to what it was taken for.
    """

    example: int
    true: str
    taken_for: str
    confidence: float
    picture: NDArray[np.uint8]


def mistakes(predictions: Predictions, names: Sequence[str]) -> tuple[Mistake, ...]:
    """Return the mistakes whose pictures were kept, the most confident first.

    `names` are the classes'. Empty in regression, and where no pictures were kept.
    """
    if predictions.outputs.ndim == 1:
        return ()
    found = []
    for example, picture in zip(predictions.shown.tolist(), predictions.pictures, strict=True):
        answer = int(predictions.outputs[example].argmax())
        found.append(
            Mistake(
                example=example,
                true=names[int(predictions.targets[example])],
                taken_for=names[answer],
                confidence=float(predictions.outputs[example][answer]),
                picture=picture,
            )
        )
    return tuple(found)
