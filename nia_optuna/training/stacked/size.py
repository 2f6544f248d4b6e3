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
# Learned numbers times examples of a batch, above which a step is one long product, which a core
# does as fast for one network. Perceptrons by 8, on one thread of an Intel Xeon, gain 2.1 times
# at 6.5 million, 1.3 at 26, 1.0 at 42, 0.7 at 500.
LONG_STEP = 30_000_000


def most_together(recipe: Recipe, splits: Splits, device: Device) -> int:
    """Return how many trainings of such a recipe one stack may hold; 1 where it cannot be stacked.

    Stacks are for the CPU, where they were measured, for MLP and LeNet whose steps are short, and
    not for data in shards.
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
    learned = sum(p.numel() for p in model.parameters())
    count = len(splits.train.index)
    if learned * min(recipe.batch_size or count, count) > LONG_STEP:
        return 1
    return MOST_SMALL if learned <= SMALL else MOST
