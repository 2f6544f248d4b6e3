"""How many trainings one stack may hold."""

from __future__ import annotations

from torch import nn

from nia_optuna.architectures import MLP, LeNet
from nia_optuna.data import Splits
from nia_optuna.recipe import Recipe
from nia_optuna.training.device import Device
from nia_optuna.training.stacked.network import Unstackable, stack

STACKED = (MLP, LeNet)
SMALL = 10_000  # learned numbers; a stack of 64 such networks still fits into a core's cache
MOST_SMALL = 64
MOST = 8


def most_together(recipe: Recipe, splits: Splits, device: Device) -> int:
    """Return how many trainings of such a recipe one stack may hold; 1 where it cannot be stacked.

    Stacks are for the CPU, where they were measured, for MLP and LeNet, and not for data in shards.
    """
    if device.name != "cpu" or type(recipe.model) not in STACKED:
        return 1
    if splits.train.part.shards is not None:
        return 1
    model = recipe.model.build(splits.shape, splits.outputs)
    assert isinstance(model, nn.Sequential), "as MLP and LeNet say"
    try:
        stack([model])
    except Unstackable:
        return 1
    return MOST_SMALL if sum(p.numel() for p in model.parameters()) <= SMALL else MOST
