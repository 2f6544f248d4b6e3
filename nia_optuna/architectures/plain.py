"""Our own networks as what JSON can hold, and back: for checkpoints, which nobody need trust."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from nia_optuna.architectures.cnn import CNN
from nia_optuna.architectures.inception import Inception
from nia_optuna.architectures.lenet import LeNet
from nia_optuna.architectures.mlp import MLP
from nia_optuna.architectures.resnet import ResNet
from nia_optuna.recipe import Architecture

OURS = (MLP, CNN, LeNet, Inception, ResNet)


def plain(architecture: Architecture) -> dict[str, Any] | None:
    """Return {"class": name, "settings": {field: value}}, or None for a user's own class.

    Tuples stay tuples: JSON makes them lists, which `from_plain` turns back.
    """
    # A user's class may extend ours and build something else.
    for kind in OURS:
        if type(architecture) is kind:
            return {"class": kind.__name__, "settings": asdict(architecture)}
    return None


def from_plain(written: object) -> MLP | CNN | LeNet | Inception | ResNet:
    """Return the network that `plain` described.

    A setting that is not written has its default, so that older files can be read. Raises
    ValueError for anything that is no such description: an unknown class, an unknown setting, a
    value that the class refuses.
    """
    match written:
        case {"class": str(name), "settings": dict(settings), **rest} if not rest:
            pass
        case _:
            raise ValueError("an architecture is written as its class and its settings")
    kinds = {kind.__name__: kind for kind in OURS}
    if name not in kinds:
        raise ValueError(f"architecture {name!r} is unknown; known are {', '.join(kinds)}")
    known = {field.name for field in fields(kinds[name])}
    if unknown := [key for key in settings if key not in known]:
        raise ValueError(f"{name} has no setting {unknown[0]!r}")
    return kinds[name](**{key: _tuples(value) for key, value in settings.items()})


def _tuples(value: object) -> Any:  # noqa: ANN401  # the class checks what it is given
    # Two levels are all that a setting has; what is deeper, the class refuses.
    if isinstance(value, list):
        return tuple(tuple(each) if isinstance(each, list) else each for each in value)
    return value
