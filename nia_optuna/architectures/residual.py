"""Two convolutions around which the input is carried."""

from __future__ import annotations

from torch import Tensor, nn

from nia_optuna.architectures.activation import activation
from nia_optuna.architectures.layers import convolution


class Residual(nn.Module):
    """Add the input to 3x3 convolution → activation → 3x3 convolution of it.

    Pictures keep their size. The input passes a 1x1 convolution where `inputs` differs from
    `width`. The activation of the sum is left to whoever uses the block, who may pool first.
    """

    def __init__(self, inputs: int, width: int, *, name: str, batch_norm: bool) -> None:
        super().__init__()
        self.change = nn.Sequential(
            *convolution(inputs, width, 3, batch_norm=batch_norm),
            activation(name),
            *convolution(width, width, 3, batch_norm=batch_norm),
        )
        same = inputs == width
        self.carry = nn.Sequential(
            *(() if same else convolution(inputs, width, 1, batch_norm=batch_norm))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum, (n, width, height, width of the picture)."""
        total: Tensor = self.carry(x) + self.change(x)
        return total
