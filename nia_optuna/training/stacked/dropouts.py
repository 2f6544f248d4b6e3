"""Networks with dropouts and without, made alike."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from nia_optuna.architectures.dropout import ByteDropout
from nia_optuna.training.stacked.network import structure


def with_dropouts(models: Sequence[nn.Sequential]) -> list[nn.Sequential]:
    """Return networks over the same layers, with a dropout wherever one of `models` has one.

    A dropout that is added drops nothing. Networks that differ otherwise differ still.
    """
    places = {place for model in models for place in _dropouts(model)}
    return [_filled(model, places) for model in models]


def without_dropouts(model: nn.Sequential) -> tuple[str, ...]:
    """Return what must be the same in networks that `with_dropouts` can make alike."""
    return tuple(layer for layer in structure(model) if layer != "dropout")


def _filled(model: nn.Sequential, places: set[int]) -> nn.Sequential:
    own = _dropouts(model)
    others = [layer for layer in model if not isinstance(layer, ByteDropout)]
    layers: list[nn.Module] = []
    for place in range(len(others) + 1):
        if place in places:
            layers.append(own.get(place) or ByteDropout(0.0))
        layers += others[place : place + 1]
    return nn.Sequential(*layers).train(model.training)


def _dropouts(model: nn.Sequential) -> dict[int, ByteDropout]:
    """Return a network's dropouts by how many other layers come before."""
    found: dict[int, ByteDropout] = {}
    for place, layer in enumerate(model):
        if isinstance(layer, ByteDropout):
            found[place - len(found)] = layer
    return found
