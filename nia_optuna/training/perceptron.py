"""A perceptron's step without a recorded graph: every layer knows its own gradient.

On a CPU autograd's bookkeeping takes longer than the arithmetic of a small network: one of 128
hidden units learns twice as many examples a second this way (benchmarks/throughput.json).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from nia_optuna.architectures.dropout import ByteDropout
from nia_optuna.training.device import Device
from nia_optuna.training.losses import Slope
from nia_optuna.training.stacked.layers import (
    StackedBatchNorm,
    StackedDropout,
    StackedFlatten,
    StackedLinear,
)
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
NORMS = (nn.BatchNorm1d, StackedBatchNorm)
KNOWN = (nn.Linear, StackedLinear, ByteDropout, StackedDropout, *NORMS, *POINTWISE)


class Pass(Protocol):
    """A layer on the way there and back."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the layer's answer, and keep what `backward` needs."""
        ...

    def backward(self, grad: Tensor) -> Tensor:
        """Return the gradient of the last `x` from that of the answer; set the parameters'."""
        ...


@dataclass(frozen=True)
class Perceptron:
    """The passes of a multilayer perceptron, or of a stack of them, behind what flattens.

    The same operations in the same order as autograd's, so the same numbers to the last bit.
    """

    flatten: nn.Module
    passes: Sequence[Pass]
    slope: Slope

    @classmethod
    def of(cls, model: nn.Module, slope: Slope, device: Device) -> Perceptron | None:
        """Return the passes of `model`; None where autograd does as well, or a layer is unknown."""
        if device.name != "cpu" or not isinstance(model, nn.Sequential):
            return None
        flatten, *layers = model
        if not isinstance(flatten, nn.Flatten | StackedFlatten):
            return None
        # All parameters have to learn: a frozen one would need to be told apart in every pass.
        learning = all(p.requires_grad for p in model.parameters())
        if not learning or not all(type(layer) in KNOWN for layer in layers):
            return None
        dtype = torch.bfloat16 if device.bf16 else torch.float32
        passes = [_pass(layer, dtype, first=layer is layers[0]) for layer in layers]
        return cls(flatten, passes, slope)

    @torch.no_grad()
    def learn(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean loss () or (K,) and the scores; set the gradient of every parameter."""
        x = self.flatten(inputs)
        for each in self.passes:
            x = each.forward(x)
        scores = x.float()
        loss, grad = self.slope(scores, targets)
        grad = grad.to(x.dtype)
        for each in reversed(self.passes):
            grad = each.backward(grad)
        return loss, scores


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
    """Any other layer: autograd's record of it alone."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer, self.parameters = layer, list(layer.parameters())

    def forward(self, x: Tensor) -> Tensor:
        with torch.enable_grad():
            self.x = x.detach().requires_grad_()
            self.y = self.layer(self.x)
        answer: Tensor = self.y.detach()
        return answer

    def backward(self, grad: Tensor) -> Tensor:
        before, *mine = torch.autograd.grad(self.y, (self.x, *self.parameters), grad)
        for parameter, gradient in zip(self.parameters, mine, strict=True):
            parameter.grad = gradient
        return before


def _pass(layer: nn.Module, dtype: torch.dtype, *, first: bool) -> Pass:
    match layer:
        case nn.Linear():
            return _Linear(layer, dtype, first=first)
        case StackedLinear():
            return _StackedLinear(layer, dtype, first=first)
        case ByteDropout() | StackedDropout():
            return _Dropout(layer)
    return _Activation(layer) if type(layer) in GRADIENTS else _Recorded(layer)
