"""Activations by the name PyTorch users know them by. Imports no torch until one is made."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

# The class in torch.nn behind every name.
ACTIVATIONS = {
    "celu": "CELU",
    "elu": "ELU",
    "gelu": "GELU",
    "hardshrink": "Hardshrink",
    "hardsigmoid": "Hardsigmoid",
    "hardswish": "Hardswish",
    "hardtanh": "Hardtanh",
    "identity": "Identity",
    "leaky_relu": "LeakyReLU",
    "logsigmoid": "LogSigmoid",
    "mish": "Mish",
    "prelu": "PReLU",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "selu": "SELU",
    "sigmoid": "Sigmoid",
    "silu": "SiLU",
    "softplus": "Softplus",
    "softshrink": "Softshrink",
    "softsign": "Softsign",
    "tanh": "Tanh",
    "tanhshrink": "Tanhshrink",
}

# These fall before they rise. PReLU joins them: it may learn a negative slope.
NOT_MONOTONE = frozenset({"gelu", "hardswish", "mish", "prelu", "silu"})


def check_activation(name: object) -> None:
    """Raise ValueError, naming what comes near, unless `name` is an activation."""
    if isinstance(name, str) and name in ACTIVATIONS:
        return
    near = difflib.get_close_matches(str(name), ACTIVATIONS, 3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(ACTIVATIONS)}"
    raise ValueError(f"activation {name!r} is unknown; {hint}")


def monotone(name: str) -> bool:
    """Return whether the activation never falls, so that it commutes with a maximum."""
    return name not in NOT_MONOTONE


def activation(name: str) -> nn.Module:
    """Return a fresh activation of that name; raises ValueError for an unknown one."""
    from torch import nn

    check_activation(name)
    made: nn.Module = getattr(nn, ACTIVATIONS[name])()
    return made
