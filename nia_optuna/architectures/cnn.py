"""A plain convolutional network, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nia_optuna.architectures.activation import check_activation
from nia_optuna.architectures.checks import check_dropout, check_kernel, check_widths

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class CNN:
    """Blocks of `widths` channels, hidden layers of `hidden` units, then one score a class.

    A block is convolution → activation → 2x2 maximum → batch norm → dropout and halves the
    picture; a hidden layer is linear → activation → batch norm → dropout. `dropout` is one
    probability for all blocks or a tuple of one a block, rounded to 1/256; `kernel` is the side
    of the convolutions, which keep the size of the picture.

    The usual textbook order differs: convolution → activation → batch norm → maximum. Ours leaves
    a quarter of the numbers to normalise, and is not the same function: the means and variances
    are those of the maxima.

    Raises ValueError for settings that cannot be.
    """

    widths: tuple[int, ...] = (32, 64, 128, 256)
    activation: str = "relu"
    dropout: float | tuple[float, ...] = 0.0
    hidden: tuple[int, ...] = ()
    hidden_dropout: float = 0.0
    batch_norm: bool = True
    kernel: int = 3

    def __post_init__(self) -> None:
        check_widths("widths", self.widths)
        check_activation(self.activation)
        check_widths("hidden", self.hidden)
        check_dropout("hidden_dropout", self.hidden_dropout)
        check_kernel(self.kernel)
        for p in self._dropouts():
            check_dropout("dropout", p)
        if len(self._dropouts()) != len(self.widths):
            raise ValueError(
                f"dropout={self.dropout!r} must be one number, or one for each of the "
                f"{len(self.widths)} blocks"
            )

    def build(self, shape: tuple[int, ...], classes: int) -> nn.Sequential:
        """Return a fresh network for pictures of `shape` (channels, height, width).

        Raises ValueError for a picture that the blocks would halve to nothing.
        """
        from torch import nn

        from nia_optuna.architectures.layers import block, dense

        channels, height, width = self._check_shape(shape)
        layers: list[nn.Module] = []
        for filters, p in zip(self.widths, self._dropouts(), strict=True):
            layers += block(
                channels,
                filters,
                name=self.activation,
                dropout=p,
                batch_norm=self.batch_norm,
                kernel=self.kernel,
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
        return nn.Sequential(*layers, nn.Linear((inputs, *self.hidden)[-1], classes))

    def _dropouts(self) -> tuple[float, ...]:
        if isinstance(self.dropout, tuple):
            return self.dropout
        return (self.dropout,) * len(self.widths)

    def _check_shape(self, shape: tuple[int, ...]) -> tuple[int, int, int]:
        if len(shape) != 3:  # noqa: PLR2004  # channels, height, width
            raise ValueError(f"CNN needs pictures (channels, height, width), not shape {shape}")
        channels, height, width = shape
        blocks = len(self.widths)
        if min(height, width) < 2**blocks:
            raise ValueError(
                f"CNN of {blocks} blocks needs pictures of at least {2**blocks}x{2**blocks}, "
                f"not {height}x{width}: use fewer widths"
            )
        return channels, height, width
