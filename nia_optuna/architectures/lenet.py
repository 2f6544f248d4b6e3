"""LeNet-5, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nia_optuna.architectures.activation import check_activation
from nia_optuna.architectures.checks import check_dropout, check_switch, check_widths, picture

if TYPE_CHECKING:
    from torch import nn

KERNEL = 5
# The second convolution needs 5x5 and must leave 2x2 for the pooling: 6x6, after a halving.
SMALLEST = 12


@dataclass(frozen=True)
class LeNet:
    """Two 5x5 convolutions, hidden layers of `hidden` units, then `outputs` numbers.

    A convolution is followed by `activation` → 2x2 pooling → batch norm → dropout with probability
    `conv_dropout`; the first keeps the size of the picture, the second cuts 4 off. A hidden layer
    is linear → `head_activation` → batch norm → dropout with probability `dropout`. Probabilities
    are rounded to 1/256.

    The defaults are the textbook's network with rectified units; the saturating one is
    `LeNet(activation="sigmoid", head_activation="tanh")`.

    Raises ValueError for settings that cannot be. Source: LeCun et al., "Gradient-based learning
    applied to document recognition", 1998, with plain average pooling and a linear last layer.
    """

    activation: str = "relu"
    head_activation: str = "relu"
    filters: tuple[int, int] = (6, 16)
    hidden: tuple[int, ...] = (120, 84)
    pool: Literal["average", "max"] = "average"
    batch_norm: bool = False
    dropout: float = 0.0
    conv_dropout: float = 0.0

    def __post_init__(self) -> None:
        check_activation(self.activation)
        check_activation(self.head_activation)
        check_widths("filters", self.filters, count=2)
        check_widths("hidden", self.hidden)
        if self.pool not in ("average", "max"):
            raise ValueError(f"pool={self.pool!r} must be 'average' or 'max'")
        check_switch("batch_norm", self.batch_norm)
        check_dropout("dropout", self.dropout)
        check_dropout("conv_dropout", self.conv_dropout)

    def build(self, shape: tuple[int, ...], outputs: int) -> nn.Sequential:
        """Return a fresh network for pictures of `shape` (channels, height, width).

        `outputs` is the number of classes, or 1 for regression. Raises ValueError for what is no
        picture, and for one smaller than 12x12.
        """
        from torch import nn

        from nia_optuna.architectures.layers import block, dense

        channels, height, width = picture("LeNet", shape)
        if min(height, width) < SMALLEST:
            raise ValueError(
                f"LeNet needs pictures of at least {SMALLEST}x{SMALLEST}, not {height}x{width}"
            )
        layers: list[nn.Module] = []
        for filters, padding in zip(self.filters, (2, 0), strict=True):
            layers += block(
                channels,
                filters,
                name=self.activation,
                dropout=self.conv_dropout,
                batch_norm=self.batch_norm,
                kernel=KERNEL,
                padding=padding,
                average=self.pool == "average",
            )
            channels = filters
            height, width = ((side + 2 * padding - 4) // 2 for side in (height, width))
        inputs = channels * height * width
        layers.append(nn.Flatten())
        layers += dense(
            inputs,
            self.hidden,
            name=self.head_activation,
            dropout=self.dropout,
            batch_norm=self.batch_norm,
        )
        return nn.Sequential(*layers, nn.Linear((inputs, *self.hidden)[-1], outputs))
