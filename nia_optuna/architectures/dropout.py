"""Dropout that spends one random byte an element."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 256
FULL_RANGE = -(2**63)


class ByteDropout(nn.Module):
    """Zero elements with probability `p`, scale the others so that the mean stays.

    `p` is rounded to the nearest of 1/256 ... 255/256; 0 drops nothing. On a CPU this is several
    times as fast as `nn.Dropout`; elsewhere PyTorch's fused kernel is used, with the same rounded
    `p`. Draws come from torch's global generator.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.dropped = min(max(round(p * LEVELS), 1), LEVELS - 1) if p else 0

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` itself in evaluation, a thinned and scaled copy in training."""
        if not self.training:
            return x
        if x.device.type != "cpu":
            return functional.dropout(x, self.dropped / LEVELS)
        return x * self.mask(x)

    def mask(self, x: Tensor) -> Tensor:
        """Return what `x` is multiplied by in training, on a CPU: 0, or one over what is kept."""
        kept = random_bytes(x.numel(), x.device).ge_(self.dropped)
        # In the memory format of x: a product of two formats would cost more than the draw.
        mask = torch.empty_like(x)
        mask.as_strided(kept.shape, (1,)).copy_(kept).mul_(LEVELS / (LEVELS - self.dropped))
        return mask

    def extra_repr(self) -> str:
        """Show the probability that is really used."""
        return f"p={self.dropped / LEVELS}"


def random_bytes(
    count: int, device: torch.device, generator: torch.Generator | None = None
) -> Tensor:
    """Return random bytes, uint8 (count,), drawn from `generator`, else from torch's global one."""
    words = torch.empty(count // 8 + 1, dtype=torch.int64, device=device)
    return words.random_(FULL_RANGE, None, generator=generator).view(torch.uint8)[:count]
