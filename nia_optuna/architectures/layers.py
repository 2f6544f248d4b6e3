"""The two stacks of layers that the networks here are made of."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from nia_optuna.architectures.activation import activation, monotone
from nia_optuna.architectures.dropout import ByteDropout


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
    inputs: int, width: int, *, name: str, dropout: float, batch_norm: bool, kernel: int
) -> Iterator[nn.Module]:
    """Yield convolution → activation and 2x2 maximum → batch norm → dropout.

    The maximum comes first where the activation never falls: the result is the same, for a
    quarter of the activations.
    """
    yield nn.Conv2d(inputs, width, kernel, padding=kernel // 2)
    if monotone(name):
        yield nn.MaxPool2d(2)
        yield activation(name)
    else:
        yield activation(name)
        yield nn.MaxPool2d(2)
    if batch_norm:
        yield nn.BatchNorm2d(width)
    if dropout:
        yield ByteDropout(dropout)
