"""Layers that hold those of K networks.

Every parameter and buffer has the name that it has in the plain layer, and a dimension of K before
its own. A network takes (K, n, channels, height, width) or (K, n, features). Convolutions hand on
(n, K * channels, height, width) to what comes before the first Flatten; behind it all is
(K, n, units).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from nia_optuna.architectures.dropout import LEVELS, ByteDropout, random_bytes


class StackedLinear(nn.Module):
    """K linear layers as one batched product."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        # The product takes the transpose: kept so in memory, no step has to turn its gradient.
        turned = _together([layer.weight.T for layer in layers])
        self.weight = nn.Parameter(turned.transpose(1, 2))
        self.bias = nn.Parameter(_together([layer.bias for layer in layers]))

    def forward(self, x: Tensor) -> Tensor:
        """Return (K, n, outputs)."""
        return torch.baddbmm(self.bias.unsqueeze(1), x, self.weight.transpose(1, 2))


class StackedConv2d(nn.Module):
    """K convolutions as one with K groups."""

    def __init__(self, layers: Sequence[nn.Conv2d]) -> None:
        super().__init__()
        self.weight = nn.Parameter(_together([layer.weight for layer in layers]))
        self.bias = nn.Parameter(
            _together([b for b in (layer.bias for layer in layers) if b is not None])
        )
        self.padding = layers[0].padding
        self.stride = layers[0].stride

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, K * filters, height, width), with the channels last in memory."""
        if x.ndim > 4:  # noqa: PLR2004  # as the network took it
            x = x.transpose(0, 1).flatten(1, 2)
            # With the channels first grouped convolutions are slow, whatever single ones are.
            x = x.contiguous(memory_format=torch.channels_last)
        return functional.conv2d(
            x,
            self.weight.flatten(0, 1),
            self.bias.flatten(),
            stride=self.stride,
            padding=self.padding,
            groups=len(self.weight),
        )


class StackedFlatten(nn.Module):
    """K flattenings: the networks' dimension comes first from here on."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, x: Tensor) -> Tensor:
        """Return (K, n, units)."""
        if x.ndim != 4:  # noqa: PLR2004  # as the network took it
            return x.flatten(2)
        return x.reshape(len(x), self.count, -1).transpose(0, 1)


class StackedBatchNorm(nn.Module):
    """K batch norms: a feature of a network is a channel of its own."""

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, layers: Sequence[nn.BatchNorm1d] | Sequence[nn.BatchNorm2d]) -> None:
        super().__init__()
        self.weight = nn.Parameter(_together([layer.weight for layer in layers]))
        self.bias = nn.Parameter(_together([layer.bias for layer in layers]))
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            self.register_buffer(name, _together([getattr(layer, name) for layer in layers]))
        self.momentum, self.eps = layers[0].momentum, layers[0].eps

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` normalised, in its shape."""
        if x.ndim > 3:  # noqa: PLR2004  # (n, K * channels, height, width)
            return self._normalised(x)
        flat = self._normalised(x.transpose(0, 1).flatten(1))
        return flat.view(len(flat), *self.weight.shape).transpose(0, 1)

    def _normalised(self, x: Tensor) -> Tensor:
        if self.training:
            self.num_batches_tracked += 1
        return functional.batch_norm(
            x,
            self.running_mean.view(-1),
            self.running_var.view(-1),
            self.weight.flatten(),
            self.bias.flatten(),
            training=self.training,
            momentum=self.momentum or 0.0,
            eps=self.eps,
        )


class StackedDropout(nn.Module):
    """K dropouts, each with its own probability.

    Each draws from its own of `generators` what the plain layer would: `channels_last` says in
    which memory format that one has its pictures. Without generators all is drawn at once from
    torch's global one.
    """

    dropped: Tensor
    scale: Tensor
    generators: Sequence[Generator] = ()
    channels_last: bool = False

    def __init__(self, layers: Sequence[ByteDropout]) -> None:
        super().__init__()
        dropped = torch.tensor([layer.dropped for layer in layers])
        self.register_buffer("dropped", dropped.to(torch.uint8), persistent=False)
        self.register_buffer("scale", LEVELS / (LEVELS - dropped.float()), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` itself in evaluation, a thinned and scaled copy in training."""
        if not self.training:
            return x
        return x * self.mask(x)

    def mask(self, x: Tensor) -> Tensor:
        """Return what `x` is multiplied by in training: 0, or one over what is kept."""
        kept = self._bytes(x) >= _beside(self.dropped, x)
        return kept * _beside(self.scale, x).to(x.dtype)

    def _bytes(self, x: Tensor) -> Tensor:
        if not self.generators:
            # In the memory format of x: a product of two formats would cost more than the draw.
            drawn = random_bytes(x.numel(), x.device)
            return drawn.as_strided(x.shape, torch.empty_like(x).stride())
        count = x.numel() // len(self.generators)
        each = [random_bytes(count, x.device, generator) for generator in self.generators]
        if x.ndim == 3:  # noqa: PLR2004  # (K, n, units)
            return torch.stack(each).view(x.shape)
        n, channels, height, width = x.shape
        own = channels // len(each)
        if self.channels_last:
            last = torch.cat([drawn.view(n, height, width, own) for drawn in each], dim=3)
            return last.permute(0, 3, 1, 2)
        return torch.cat([drawn.view(n, own, height, width) for drawn in each], dim=1)


def _beside(each: Tensor, x: Tensor) -> Tensor:
    """Return `each`, a number a network, in a shape that spreads over `x`."""
    if x.ndim == 3:  # noqa: PLR2004  # (K, n, units)
        return each.view(-1, 1, 1)
    return each.repeat_interleave(x.shape[1] // len(each)).view(1, -1, 1, 1)


def _together(tensors: Sequence[Tensor]) -> Tensor:
    return torch.stack([tensor.detach() for tensor in tensors])
