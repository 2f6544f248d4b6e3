"""A multilayer perceptron, as a value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nia_optuna.architectures.activation import check_activation
from nia_optuna.architectures.checks import check_dropout, check_widths

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class MLP:
    """Hidden layers of `widths` units, each linear → activation → batch norm → dropout.

    `dropout` is the probability that a hidden unit is dropped, rounded to 1/256. No widths make
    a linear classifier. Raises ValueError for settings that cannot be.
    """

    widths: tuple[int, ...] = (128,)
    activation: str = "relu"
    dropout: float = 0.0
    batch_norm: bool = False

    def __post_init__(self) -> None:
        check_widths("widths", self.widths)
        check_activation(self.activation)
        check_dropout("dropout", self.dropout)

    def build(self, shape: tuple[int, ...], classes: int) -> nn.Sequential:
        """Return a fresh network from inputs of `shape` to one score a class."""
        from torch import nn

        from nia_optuna.architectures.layers import dense

        inputs = math.prod(shape)
        hidden = dense(
            inputs,
            self.widths,
            name=self.activation,
            dropout=self.dropout,
            batch_norm=self.batch_norm,
        )
        last = (inputs, *self.widths)[-1]
        return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(last, classes))
