"""A small residual network, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nia_optuna.architectures.activation import check_activation
from nia_optuna.architectures.checks import check_dropout, check_switch, check_widths, halvable

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ResNet:
    """Residual blocks of `widths` channels, global average pooling, then `outputs` numbers.

    A block is two 3x3 convolutions, their input added, activation → 2x2 maximum: it halves the
    picture. A 1x1 convolution of the input makes the channels fit where they differ. `batch_norm`
    puts one behind every convolution, which loses its bias. `dropout` is the probability that a
    channel is dropped before the last layer, rounded to 1/256.

    Raises ValueError for settings that cannot be. Source: He et al., arXiv 1512.03385, section 3,
    without the stem and, by default, without batch norm.
    """

    widths: tuple[int, ...] = (64, 64, 64)
    activation: str = "relu"
    batch_norm: bool = False
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_widths("widths", self.widths)
        check_activation(self.activation)
        check_switch("batch_norm", self.batch_norm)
        check_dropout("dropout", self.dropout)

    def build(self, shape: tuple[int, ...], outputs: int) -> nn.Sequential:
        """Return a fresh network for pictures of `shape` (channels, height, width).

        `outputs` is the number of classes, or 1 for regression. Raises ValueError for what is no
        picture, and for one that the blocks would halve to nothing.
        """
        from torch import nn

        from nia_optuna.architectures.layers import activated_maximum, classifier
        from nia_optuna.architectures.residual import Residual

        channels, _height, _width = halvable("ResNet", shape, len(self.widths))
        layers: list[nn.Module] = []
        for width in self.widths:
            layers.append(
                Residual(channels, width, name=self.activation, batch_norm=self.batch_norm)
            )
            layers += activated_maximum(self.activation)
            channels = width
        return nn.Sequential(*layers, *classifier(channels, outputs, dropout=self.dropout))
