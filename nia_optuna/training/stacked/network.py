"""One batched network out of several plain ones, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from nia_optuna.architectures.activation import ACTIVATIONS
from nia_optuna.architectures.dropout import ByteDropout
from nia_optuna.training.stacked.layers import (
    StackedBatchNorm,
    StackedConv2d,
    StackedDropout,
    StackedFlatten,
    StackedLinear,
)

# PReLU learns a slope, which would have to be one a network.
POINTWISE: tuple[type[nn.Module], ...] = tuple(
    getattr(nn, name) for name in ACTIVATIONS.values() if name != "PReLU"
)
POOLING = (nn.AvgPool2d, nn.MaxPool2d)


class Unstackable(ValueError):  # noqa: N818  # what they are, not what went wrong
    """These networks cannot become one."""


def stack(models: Sequence[nn.Sequential]) -> nn.Sequential:
    """Return a network that holds copies of the weights of all `models`.

    It takes (K, n, channels, height, width), or (K, n, features), and answers (K, n, outputs).
    Raises Unstackable for networks of different structure, and for layers unknown here.
    """
    first = models[0]
    if any(structure(model) != structure(first) for model in models[1:]):
        raise Unstackable("their layers differ")
    layers = nn.Sequential(*(_stacked(alike) for alike in zip(*models, strict=True)))
    # What was no parameter of a plain network, such as dropout's probability, has no device yet.
    for parameter in first.parameters():
        layers.to(parameter.device)
        break
    return layers.train(first.training)


def structure(model: nn.Sequential) -> list[str]:
    """Return what must be the same in all networks of a stack: all but a dropout's probability."""
    return ["dropout" if isinstance(layer, ByteDropout) else repr(layer) for layer in model]


def state(stacked: nn.Sequential, member: int) -> dict[str, Tensor]:
    """Return the state of one of the networks by its plain names, as views of the whole."""
    return {name: tensor[member] for name, tensor in stacked.state_dict().items()}


def _stacked(alike: tuple[Any, ...]) -> nn.Module:
    """Return one layer for those at the same place of all networks."""
    layer: nn.Module = alike[0]
    match layer:
        case nn.Linear(bias=Tensor()):
            return StackedLinear(alike)
        case nn.Conv2d(bias=Tensor(), groups=1, dilation=(1, 1), padding_mode="zeros"):
            return StackedConv2d(alike)
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            return StackedBatchNorm(alike)
        case nn.Flatten():
            return StackedFlatten(len(alike))
        case ByteDropout():
            return StackedDropout(alike)
    if isinstance(layer, POINTWISE + POOLING):
        return layer
    raise Unstackable(f"{type(layer).__name__} is unknown to stacks")
