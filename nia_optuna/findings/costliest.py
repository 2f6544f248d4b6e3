"""The test examples that cost a network most, by every loss."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 8
"""How many are told."""


@dataclass(frozen=True)
class Costly:
    """One example, what it is, what it was taken for, and its losses by name."""

    example: int
    true: str
    taken_for: str
    losses: Mapping[str, float]


def costliest(predictions: Predictions, names: Sequence[str]) -> tuple[Costly, ...]:
    """Return the examples with the largest cross-entropy, the worst first; none in regression.

    `names` are the classes'.
    """
    p = predictions.outputs
    if p.ndim == 1:
        return ()
    found = []
    targets = predictions.targets.astype(int)
    true = p[np.arange(len(p)), targets]
    for example in np.argsort(true, kind="stable")[:MOST].tolist():
        row, target = p[example], int(targets[example])
        found.append(
            Costly(
                example=example,
                true=names[target],
                taken_for=names[int(row.argmax())],
                losses=example_losses(row, target),
            )
        )
    return tuple(found)


def example_losses(p: NDArray[np.float32], target: int) -> dict[str, float]:
    """Return every loss of one answer: probabilities (classes,) and the true class."""
    true, others = float(p[target]), np.delete(p, target)
    return {
        "0-1": float(int(p.argmax()) != target),
        "squared": (1 - true) ** 2 + float(np.square(others).sum()),
        "absolute": 2 * (1 - true),
        "hinge": max(0.0, 1 - true + float(others.max())),
        # A probability that was rounded to 0 cost more than can be told.
        "cross-entropy": -math.log(true) if true > 0 else math.inf,
    }
