"""The stacks of layers that several of the networks here are made of."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from nia_optuna.architectures.activation import activation, monotone
from nia_optuna.architectures.dropout import ByteDropout
from nia_optuna.architectures.pooling import HalvingAverage


def dense(
    inputs: int, widths: tuple[int, ...], *, name: str, dropout: float, batch_norm: bool
) -> Iterator[nn.Module]:
    """Yield linear → activation → batch norm → dropout for every width."""
    for width in widths:
        yield nn.Linear(inputs, width)
        yield activation(name)
        if batch_norm:
            yield nn.BatchNorm1d(width)
        if dropout:
            yield ByteDropout(dropout)
        inputs = width


def block(
    inputs: int,
    width: int,
    *,
    name: str,
    dropout: float,
    batch_norm: bool,
    kernel: int,
    padding: int,
    norm_before_pool: bool = False,
    average: bool = False,
) -> Iterator[nn.Module]:
    """Yield convolution → activation and 2x2 pooling → batch norm → dropout.

    `norm_before_pool` moves the batch norm between activation and pooling.
    """
    yield nn.Conv2d(inputs, width, kernel, padding=padding)
    if batch_norm and norm_before_pool:
        # No shortcut here: a negative scale of the batch norm turns maxima into minima.
        yield activation(name)
        yield nn.BatchNorm2d(width)
        yield HalvingAverage() if average else nn.MaxPool2d(2)
    else:
        yield from (activation(name), HalvingAverage()) if average else activated_maximum(name)
        if batch_norm:
            yield nn.BatchNorm2d(width)
    if dropout:
        yield ByteDropout(dropout)


def activated_maximum(name: str) -> tuple[nn.Module, nn.Module]:
    """Return activation → 2x2 maximum, swapped where that changes no value.

    An activation that never falls leaves the largest of four the largest: it is computed for that
    one alone, a quarter of the work.
    """
    if monotone(name):
        return nn.MaxPool2d(2), activation(name)
    return activation(name), nn.MaxPool2d(2)


def convolution(
    inputs: int, width: int, kernel: int, *, batch_norm: bool
) -> tuple[nn.Module] | tuple[nn.Module, nn.Module]:
    """Return a convolution that keeps the size of a picture, and its batch norm.

    The batch norm follows at once, so its shift is the only bias.
    """
    layer = nn.Conv2d(inputs, width, kernel, padding=kernel // 2, bias=not batch_norm)
    return (layer, nn.BatchNorm2d(width)) if batch_norm else (layer,)


def classifier(inputs: int, outputs: int, *, dropout: float) -> Iterator[nn.Module]:
    """Yield global average pooling → dropout → linear."""
    yield nn.AdaptiveAvgPool2d(1)
    yield nn.Flatten()
    if dropout:
        yield ByteDropout(dropout)
    yield nn.Linear(inputs, outputs)
