"""A small network of Inception modules, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nia_optuna.architectures.activation import check_activation
from nia_optuna.architectures.checks import check_dropout, check_switch, check_widths, halvable

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Inception:
    """Inception modules, global average pooling, then `outputs` numbers.

    A module concatenates four branches: 1x1; 1x1 → 3x3; 1x1 → 5x5; 3x3 maximum → 1x1. Its six
    numbers are the filters of these convolutions in this order. Every convolution is followed by
    the activation, with `batch_norm` by a batch norm before it, and then has no bias; every module
    by a 2x2 maximum, which halves the picture. `dropout` is the probability that a channel is
    dropped before the last layer, rounded to 1/256.

    Raises ValueError for settings that cannot be. Source: Szegedy et al., arXiv 1409.4842,
    figure 2(b), without the stem.
    """

    modules: tuple[tuple[int, int, int, int, int, int], ...] = (
        (32, 32, 32, 32, 32, 16),
        (32, 64, 64, 64, 64, 16),
    )
    activation: str = "relu"
    batch_norm: bool = False
    dropout: float = 0.0

    def __post_init__(self) -> None:
        # What an annotation promises is not so in a checkpoint's file.
        modules: object = self.modules
        if not isinstance(modules, tuple):
            raise ValueError(f"modules={modules!r} must be a tuple of tuples")  # noqa: TRY004
        for filters in modules:
            check_widths("a module", filters, count=6)
        check_activation(self.activation)
        check_switch("batch_norm", self.batch_norm)
        check_dropout("dropout", self.dropout)

    def build(self, shape: tuple[int, ...], outputs: int) -> nn.Sequential:
        """Return a fresh network for pictures of `shape` (channels, height, width).

        `outputs` is the number of classes, or 1 for regression. Raises ValueError for what is no
        picture, and for one that the modules would halve to nothing.
        """
        from torch import nn

        from nia_optuna.architectures.inception_module import InceptionModule
        from nia_optuna.architectures.layers import activated_maximum, classifier

        channels, _height, _width = halvable("Inception", shape, len(self.modules))
        layers: list[nn.Module] = []
        for filters in self.modules:
            module = InceptionModule(
                channels, filters, name=self.activation, batch_norm=self.batch_norm
            )
            layers += [module, *activated_maximum(self.activation)]
            channels = module.width
        return nn.Sequential(*layers, *classifier(channels, outputs, dropout=self.dropout))
