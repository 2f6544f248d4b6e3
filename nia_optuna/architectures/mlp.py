"""A multilayer perceptron, as a value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nia_optuna.architectures.activation import activation, check_activation
from nia_optuna.architectures.checks import check_dropout, check_switch, check_widths

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class MLP:
    """Hidden layers of `widths` units, each linear → activation → batch norm → dropout.

    `dropout` is the probability that a hidden unit is dropped, rounded to 1/256. No widths make
    a linear model. `output` is the activation behind the last layer: "relu" may suit a regression
    of what is never negative; for the scores of a classifier anything but "identity" is unusual.

    Raises ValueError for settings that cannot be.
    """

    widths: tuple[int, ...] = (128,)
    activation: str = "relu"
    dropout: float = 0.0
    batch_norm: bool = False
    output: str = "identity"

    def __post_init__(self) -> None:
        check_widths("widths", self.widths)
        check_activation(self.activation)
        check_dropout("dropout", self.dropout)
        check_switch("batch_norm", self.batch_norm)
        check_activation(self.output)

    def build(self, shape: tuple[int, ...], outputs: int) -> nn.Sequential:
        """Return a fresh network from inputs of any `shape` to `outputs` numbers.

        `outputs` is the number of classes, or 1 for regression.
        """
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
        # Scores are what a loss expects: no module at all, rather than one that does nothing.
        behind = () if self.output == "identity" else (activation(self.output),)
        return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(last, outputs), *behind)
