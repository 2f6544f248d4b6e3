"""How a learning rate falls, as frozen, comparable values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nia_optuna.numbers import factor, not_negative, positive, whole

DecayName = Literal["none", "step", "exponential", "cosine", "plateau"]


@dataclass(frozen=True)
class Constant:
    """The learning rate stays what the optimizer says."""


@dataclass(frozen=True)
class Step:
    """Multiply the learning rate by `factor` every `every` epochs."""

    every: int = 3
    factor: float = 0.1

    def __post_init__(self) -> None:
        whole("every", self.every)
        factor("factor", self.factor)


@dataclass(frozen=True)
class Exponential:
    """Multiply the learning rate by exp(-rate) an epoch, from epoch `start` (1-based) on."""

    rate: float = 0.2
    start: int = 2

    def __post_init__(self) -> None:
        positive("rate", self.rate)
        whole("start", self.start)


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from the optimizer's learning rate to `floor` times it."""

    floor: float = 0.0

    def __post_init__(self) -> None:
        not_negative("floor", self.floor)


@dataclass(frozen=True)
class Plateau:
    """Multiply by `factor` after `patience` epochs without a lower validation loss.

    The learning rate never falls below `floor` (absolute).
    """

    factor: float = 0.1
    patience: int = 2
    floor: float = 1e-6

    def __post_init__(self) -> None:
        factor("factor", self.factor)
        whole("patience", self.patience, at_least=0)
        not_negative("floor", self.floor)


Decay = Constant | Step | Exponential | Cosine | Plateau


def named_decay(given: object) -> Decay:
    """Return the decay that a name or a value stands for.

    Raises ValueError for an unknown name, TypeError for anything else.
    """
    named: dict[object, Decay] = {
        "none": Constant(),
        "step": Step(),
        "exponential": Exponential(),
        "cosine": Cosine(),
        "plateau": Plateau(),
    }
    if isinstance(given, Constant | Step | Exponential | Cosine | Plateau):
        return given
    if not isinstance(given, str):
        raise TypeError(f"decay {given!r} is neither a decay nor the name of one")
    if given not in named:
        raise ValueError(f"decay {given!r} is not one of {', '.join(map(str, named))}")
    return named[given]
