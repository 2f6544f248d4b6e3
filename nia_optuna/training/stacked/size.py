"""How many trainings one stack may hold."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn

from nia_optuna.architectures import MLP, LeNet
from nia_optuna.data import Splits
from nia_optuna.recipe import Recipe
from nia_optuna.training.device import Device
from nia_optuna.training.evaluation import BATCH
from nia_optuna.training.memory import free_bytes, networks_within
from nia_optuna.training.optimization import states
from nia_optuna.training.stacked.network import Unstackable, stack

# Convolutions in groups are slow on GPUs, and were not measured on others.
STACKED = {"cpu": (MLP, LeNet), "cuda": (MLP,)}
SMALL = 10_000  # learned numbers; a stack of 64 such networks still fits into a core's cache
MOST_SMALL = 64
MOST = 8
# Learned numbers times examples of a batch, above which a step is one long product, which a core
# does as fast for one network. Perceptrons by 8, on one thread of an Intel Xeon, gain 2.1 times
# at 6.5 million, 1.3 at 26, 1.0 at 42, 0.7 at 500.
LONG_STEP = 30_000_000
FEWEST_ROWS = 256  # validation examples of one network at once, on a GPU


def most_together(recipe: Recipe, splits: Splits, device: Device) -> int:
    """Return how many trainings of such a recipe one stack may hold; 1 where it cannot be stacked.

    Stacks are for MLP, on a CPU for LeNet, too, and not for data in shards. On a CPU their sizes
    are what was measured, none for long steps; on CUDA what the memory that is free at this moment
    should hold.
    """
    kind = torch.device(device.name).type
    if type(recipe.model) not in STACKED.get(kind, ()):
        return 1
    if splits.train.part.shards is not None:
        return 1
    with torch.device("meta"):  # its weights are of no interest, and take neither memory nor draws
        model = recipe.model.build(splits.shape, splits.outputs)
    assert isinstance(model, nn.Sequential), "as MLP and LeNet say"
    learned = sum(p.numel() for p in model.parameters())
    count = len(splits.train.index)
    batch = min(recipe.batch_size or count, count)
    if kind == "cpu" and learned * batch > LONG_STEP:
        return 1
    try:
        # Without weights PyTorch would import its compiler for it, which takes a second and more.
        stack([deepcopy(model).to_empty(device="cpu")])
    except Unstackable:
        return 1
    if kind == "cpu":
        return MOST_SMALL if learned <= SMALL else MOST
    return networks_within(
        free_bytes(device.name),
        parameters=learned,
        activations=max(batch, FEWEST_ROWS) * activations(model, splits.shape),
        states=states(recipe.optimizer),
    )


def rows_at_once(device: Device, members: int) -> int:
    """Return how many validation examples each network of a stack of `members` is shown at once."""
    kind = torch.device(device.name).type
    if kind == "cuda":
        return max(FEWEST_ROWS, BATCH[kind] // members)
    return BATCH[kind]


@torch.inference_mode()
def activations(model: nn.Sequential, shape: tuple[int, ...]) -> int:
    """Return how many numbers lie in memory for one example in the middle of a step.

    What every layer answers and the gradient of that; of the input what was gathered and what is
    made of it: normalised, and in the order that the first layer takes.
    """
    numbers = torch.zeros(1, *shape, device="meta")
    total = 3 * numbers.numel()
    for layer in model.eval():
        numbers = layer(numbers)
        total += 2 * numbers.numel()
    return total
