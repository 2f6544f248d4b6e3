"""PyTorch's optimizers as frozen, comparable values. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from nia_optuna.numbers import fraction, not_negative, positive


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent; `l2` is PyTorch's weight_decay, on weights only."""

    lr: float
    momentum: float = 0.0
    nesterov: bool = False
    l2: float = 0.0

    def __post_init__(self) -> None:
        positive("lr", self.lr)
        fraction("momentum", self.momentum)
        not_negative("l2", self.l2)
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov=True needs a momentum above 0")


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma & Ba 2015); `l2` is added to the gradient, on weights only."""

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    l2: float = 0.0

    def __post_init__(self) -> None:
        positive("lr", self.lr)
        _betas(self.betas)
        not_negative("l2", self.l2)


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019), on weights only."""

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    l2: float = 1e-2

    def __post_init__(self) -> None:
        positive("lr", self.lr)
        _betas(self.betas)
        not_negative("l2", self.l2)


@dataclass(frozen=True)
class RMSprop:
    """RMSprop (Tieleman & Hinton 2012); `smoothing` is PyTorch's alpha."""

    lr: float = 1e-2
    smoothing: float = 0.99
    momentum: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        positive("lr", self.lr)
        fraction("smoothing", self.smoothing)
        fraction("momentum", self.momentum)
        not_negative("l2", self.l2)


Optimizer = SGD | Adam | AdamW | RMSprop


def _betas(betas: tuple[float, ...]) -> None:
    if len(betas) != 2:  # noqa: PLR2004  # one for the gradient, one for its square
        raise ValueError(f"betas={betas!r} must be two numbers")
    for beta in betas:
        fraction("betas", beta)
