"""The layers of a perceptron on the way there and back: each knows its own gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from nia_optuna.architectures.dropout import ByteDropout
from nia_optuna.training.stacked.layers import StackedBatchNorm, StackedDropout, StackedLinear
from nia_optuna.training.stacked.network import POINTWISE

ATEN: Any = torch.ops.aten

# The gradient of an activation from the one of its answer `y`, for those that are searched most.
GRADIENTS: dict[type[nn.Module], Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    nn.ReLU: lambda grad, _, y: ATEN.threshold_backward(grad, y, 0),
    nn.GELU: lambda grad, x, _: ATEN.gelu_backward(grad, x),
    nn.SiLU: lambda grad, x, _: ATEN.silu_backward(grad, x),
    nn.Sigmoid: lambda grad, _, y: ATEN.sigmoid_backward(grad, y),
    nn.Tanh: lambda grad, _, y: ATEN.tanh_backward(grad, y),
}
KNOWN = (
    nn.Linear,
    StackedLinear,
    nn.BatchNorm1d,
    StackedBatchNorm,
    ByteDropout,
    StackedDropout,
    *POINTWISE,
)


class Pass(Protocol):
    """A layer on the way there and back."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's answer, and keep what `backward` needs."""
        ...

    def backward(self, grad: Tensor) -> Tensor:
        """Return the gradient of the last `x` from that of the answer; set the parameters'."""
        ...


def pass_of(layer: nn.Module, dtype: torch.dtype, *, first: bool) -> Pass:
    """Return the pass of one of the KNOWN layers, its products in `dtype`.

    Nobody needs the gradient of what goes into the `first` one.
    """
    match layer:
        case nn.Linear():
            return _Linear(layer, dtype, first=first)
        case StackedLinear():
            return _StackedLinear(layer, dtype, first=first)
        case ByteDropout() | StackedDropout():
            return _Dropout(layer)
        case nn.BatchNorm1d() | StackedBatchNorm():
            return _BatchNorm(layer)
    return _Activation(layer) if type(layer) in GRADIENTS else _Recorded(layer)


class _Linear:
    """A linear layer, its products in `dtype`; nobody needs the gradient of the `first` one's x."""

    def __init__(self, layer: nn.Linear, dtype: torch.dtype, *, first: bool) -> None:
        self.layer, self.dtype, self.first = layer, dtype, first

    def forward(self, x: Tensor) -> Tensor:
        self.x = x.to(self.dtype)
        self.weight = self.layer.weight.to(self.dtype)
        return torch.addmm(self.layer.bias.to(self.dtype), self.x, self.weight.t())

    def backward(self, grad: Tensor) -> Tensor:
        self.layer.weight.grad = torch.mm(grad.t(), self.x).float()
        self.layer.bias.grad = grad.sum(0).float()
        return grad if self.first else torch.mm(grad, self.weight)


class _StackedLinear:
    """As `_Linear` for K networks, whose weights lie transposed in memory."""

    def __init__(self, layer: StackedLinear, dtype: torch.dtype, *, first: bool) -> None:
        self.layer, self.dtype, self.first = layer, dtype, first

    def forward(self, x: Tensor) -> Tensor:
        self.x = x.to(self.dtype)
        self.weight = self.layer.weight.to(self.dtype)
        bias = self.layer.bias.to(self.dtype).unsqueeze(1)
        return torch.baddbmm(bias, self.x, self.weight.transpose(1, 2))

    def backward(self, grad: Tensor) -> Tensor:
        turned = torch.bmm(self.x.transpose(1, 2), grad)
        self.layer.weight.grad = turned.float().transpose(1, 2)
        self.layer.bias.grad = grad.sum(1).float()
        return grad if self.first else torch.bmm(grad, self.weight)


class _Dropout:
    def __init__(self, layer: ByteDropout | StackedDropout) -> None:
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        self.mask = self.layer.mask(x)
        return x * self.mask

    def backward(self, grad: Tensor) -> Tensor:
        return grad * self.mask


class _BatchNorm:
    """A batch norm, or those of K networks: a feature of a network is a channel of its own."""

    def __init__(self, layer: nn.BatchNorm1d | StackedBatchNorm) -> None:
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        layer = self.layer
        counted, mean, variance = layer.num_batches_tracked, layer.running_mean, layer.running_var
        assert counted is not None
        assert mean is not None
        assert variance is not None, "ours keep track"
        if x.shape[-2] == 1:  # PyTorch's layer refuses it; what it calls makes NaN of it
            raise ValueError("a batch norm needs batches of more than one example")
        counted.add_(1)
        self.x, self.mean, self.variance = _channels(x), mean.view(-1), variance.view(-1)
        self.weight = layer.weight.view(-1)
        y, self.its_mean, self.its_scale = torch.native_batch_norm(
            self.x,
            self.weight,
            layer.bias.view(-1),
            self.mean,
            self.variance,
            True,  # PyTorch's signature: in training
            layer.momentum or 0.0,
            layer.eps,
        )
        return _networks(y, x)

    def backward(self, grad: Tensor) -> Tensor:
        before, weight, bias = ATEN.native_batch_norm_backward(
            _channels(grad),
            self.x,
            self.weight,
            self.mean,
            self.variance,
            self.its_mean,
            self.its_scale,
            True,
            self.layer.eps,
            [True, True, True],
        )
        self.layer.weight.grad = weight.view_as(self.layer.weight)
        self.layer.bias.grad = bias.view_as(self.layer.bias)
        return _networks(before, grad)


def _channels(x: Tensor) -> Tensor:
    """Return (n, features), or K networks' (n, K * features)."""
    return x if x.ndim == 2 else x.transpose(0, 1).flatten(1)  # noqa: PLR2004


def _networks(y: Tensor, like: Tensor) -> Tensor:
    """Return what `_channels` made, in the shape that it was made from."""
    if like.ndim == 2:  # noqa: PLR2004
        return y
    return y.view(len(y), len(like), -1).transpose(0, 1)


class _Activation:
    def __init__(self, layer: nn.Module) -> None:
        self.layer, self.gradient = layer, GRADIENTS[type(layer)]

    def forward(self, x: Tensor) -> Tensor:
        self.x, self.y = x, self.layer(x)
        answer: Tensor = self.y
        return answer

    def backward(self, grad: Tensor) -> Tensor:
        return self.gradient(grad, self.x, self.y)


class _Recorded:
    """Any other layer, without parameters: autograd's record of it alone."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        with torch.enable_grad():
            self.x = x.detach().requires_grad_()
            self.y = self.layer(self.x)
        answer: Tensor = self.y.detach()
        return answer

    def backward(self, grad: Tensor) -> Tensor:
        (before,) = torch.autograd.grad(self.y, self.x, grad)
        return before
