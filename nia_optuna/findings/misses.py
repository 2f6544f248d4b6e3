"""How far predicted numbers are from the true ones, and where they are farthest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nia_optuna.predictions import Predictions

SHOWN = 8
"""How many of the largest errors are named."""


@dataclass(frozen=True)
class Miss:
    """One example by its place in the test part, from 0, with its true and predicted number."""

    example: int
    true: float
    predicted: float

    @property
    def error(self) -> float:
        """How much too high it was predicted."""
        return self.predicted - self.true


@dataclass(frozen=True)
class Misses:
    """All examples that have finite numbers, in their order, and the `largest` errors first.

    `explained` is R², the share of the variance explained; below 0 where the mean would have
    done better, None where the true numbers are all the same.
    """

    all: tuple[Miss, ...]
    largest: tuple[Miss, ...]
    explained: float | None


def misses(predictions: Predictions) -> Misses | None:
    """Return the misses of a regression, None for classes or without a finite number."""
    if predictions.outputs.ndim > 1:
        return None
    pairs = np.stack([predictions.targets, predictions.outputs], 1).astype(float)
    known = [
        Miss(example, *pair)
        for example, pair in enumerate(pairs.tolist())
        if np.isfinite(pair).all()
    ]
    if not known:
        return None
    return Misses(
        all=tuple(known),
        largest=tuple(sorted(known, key=lambda miss: -abs(miss.error))[:SHOWN]),
        explained=_explained(known),
    )


def _explained(known: list[Miss]) -> float | None:
    from sklearn.metrics import r2_score  # loads slowly; status must not

    true = [miss.true for miss in known]
    if len(set(true)) < 2:  # noqa: PLR2004  # a variance needs two
        return None
    return float(r2_score(true, [miss.predicted for miss in known]))
