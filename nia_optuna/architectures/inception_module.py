"""The Inception module: four views of a picture, side by side."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nia_optuna.architectures.activation import activation
from nia_optuna.architectures.layers import convolution


class InceptionModule(nn.Module):
    """Concatenate 1x1, 1x1 → 3x3, 1x1 → 5x5 and 3x3 maximum → 1x1 convolutions.

    `filters` are the widths of 1x1; 1x1 → 3x3; 1x1 → 5x5; and of the 1x1 behind the maximum.
    Pictures keep their size. The activation of what is concatenated is left to whoever uses the
    module, who may pool first.
    """

    def __init__(
        self,
        inputs: int,
        filters: tuple[int, int, int, int, int, int],
        *,
        name: str,
        batch_norm: bool,
    ) -> None:
        super().__init__()
        single, before_3, width_3, before_5, width_5, pooled = filters
        self.width = single + width_3 + width_5 + pooled
        self.branches = nn.ModuleList(
            nn.Sequential(*layers)
            for layers in (
                convolution(inputs, single, 1, batch_norm=batch_norm),
                (
                    *convolution(inputs, before_3, 1, batch_norm=batch_norm),
                    activation(name),
                    *convolution(before_3, width_3, 3, batch_norm=batch_norm),
                ),
                (
                    *convolution(inputs, before_5, 1, batch_norm=batch_norm),
                    activation(name),
                    *convolution(before_5, width_5, 5, batch_norm=batch_norm),
                ),
                (
                    nn.MaxPool2d(3, stride=1, padding=1),
                    *convolution(inputs, pooled, 1, batch_norm=batch_norm),
                ),
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return all branches of `x` along the channels."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)
