"""A plain convolutional network, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nia_optuna.architectures.activation import check_activation
from nia_optuna.architectures.checks import (
    check_dropout,
    check_kernel,
    check_switch,
    check_widths,
    halvable,
)

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class CNN:
    """Blocks of `widths` channels, hidden layers of `hidden` units, then `outputs` numbers.

    A block is convolution → activation → 2x2 maximum → batch norm → dropout and halves the
    picture; a hidden layer is linear → activation → batch norm → dropout. `dropout` is one
    probability for all blocks or a tuple of one a block, rounded to 1/256; `kernel` is the side
    of the convolutions, which keep the size of the picture.

    The usual textbook order is convolution → activation → batch norm → 2x2 maximum → dropout:
    `norm_before_pool` asks for it. The default leaves a quarter of the numbers to normalise, and is
    not the same function: the means and variances are those of the maxima.

    Raises ValueError for settings that cannot be.
    """

    widths: tuple[int, ...] = (32, 64, 128, 256)
    activation: str = "relu"
    dropout: float | tuple[float, ...] = 0.0
    hidden: tuple[int, ...] = ()
    hidden_dropout: float = 0.0
    batch_norm: bool = True
    kernel: int = 3
    norm_before_pool: bool = False

    def __post_init__(self) -> None:
        check_widths("widths", self.widths)
        check_activation(self.activation)
        check_widths("hidden", self.hidden)
        check_dropout("hidden_dropout", self.hidden_dropout)
        check_switch("batch_norm", self.batch_norm)
        check_kernel(self.kernel)
        check_switch("norm_before_pool", self.norm_before_pool)
        for p in self._dropouts():
            check_dropout("dropout", p)
        if len(self._dropouts()) != len(self.widths):
            raise ValueError(
                f"dropout={self.dropout!r} must be one number, or one for each of the "
                f"{len(self.widths)} blocks"
            )

    def build(self, shape: tuple[int, ...], outputs: int) -> nn.Sequential:
        """Return a fresh network for pictures of `shape` (channels, height, width).

        `outputs` is the number of classes, or 1 for regression. Raises ValueError for what is no
        picture, and for one that the blocks would halve to nothing.
        """
        from torch import nn

        from nia_optuna.architectures.layers import block, dense

        channels, height, width = halvable("CNN", shape, len(self.widths))
        layers: list[nn.Module] = []
        for filters, p in zip(self.widths, self._dropouts(), strict=True):
            layers += block(
                channels,
                filters,
                name=self.activation,
                dropout=p,
                batch_norm=self.batch_norm,
                kernel=self.kernel,
                padding=self.kernel // 2,
                norm_before_pool=self.norm_before_pool,
            )
            channels, height, width = filters, height // 2, width // 2
        inputs = channels * height * width
        layers.append(nn.Flatten())
        layers += dense(
            inputs,
            self.hidden,
            name=self.activation,
            dropout=self.hidden_dropout,
            batch_norm=self.batch_norm,
        )
        return nn.Sequential(*layers, nn.Linear((inputs, *self.hidden)[-1], outputs))

    def _dropouts(self) -> tuple[float, ...]:
        if isinstance(self.dropout, tuple):
            return self.dropout
        return (self.dropout,) * len(self.widths)
