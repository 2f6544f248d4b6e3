"""The learning rate at every point of a training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import assert_never

from nia_optuna.decay import Constant, Cosine, Decay, Exponential, Plateau, Step


def learning_rate(
    decay: Decay, base: float, *, passed: float, epochs: int, losses: Sequence[float]
) -> float:
    """Return the learning rate when `passed` of `epochs` epochs are over.

    `passed` grows within an epoch, by its share of steps: the cosine follows every step, since
    in a training of nine epochs one step an epoch would be a staircase; all others change
    between epochs. `losses` are the validation losses so far, which only Plateau looks at.
    """
    match decay:
        case Constant():
            return base
        case Step(every, factor):
            return base * factor ** (int(passed) // every)
        case Exponential(rate, start):
            return base * math.exp(-rate * max(0, int(passed) + 2 - start))
        case Cosine(floor):
            half = (1 + math.cos(math.pi * passed / epochs)) / 2
            return base * (floor + (1 - floor) * half)
        case Plateau():
            return _plateau(decay, base, losses)
    assert_never(decay)


def _plateau(decay: Plateau, base: float, losses: Sequence[float]) -> float:
    rate, lowest, waited = base, math.inf, 0
    for loss in losses:
        if loss < lowest:
            lowest, waited = loss, 0
            continue
        waited += 1
        if waited >= decay.patience:
            rate, waited = max(rate * decay.factor, min(decay.floor, base)), 0
    return rate
