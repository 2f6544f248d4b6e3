"""The weights a training begins with."""

from __future__ import annotations

from torch import nn

from nia_optuna.recipe import Initialisation


def initialise(model: nn.Module, how: Initialisation) -> None:
    """Draw the weights of linear and convolutional layers anew; "torch" leaves what they drew.

    "glorot" keeps the variance of what flows forwards and backwards (Glorot & Bengio 2010), "he"
    that of rectified units (He et al. 2015); both are uniform and set biases to 0. Draws come
    from torch's global generator.
    """
    if how == "torch":
        return
    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            if how == "glorot":
                nn.init.xavier_uniform_(layer.weight)
            else:
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
