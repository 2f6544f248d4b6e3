"""In which numbers a network trains, where the device leaves a choice."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from nia_optuna.architectures import MLP
from nia_optuna.data import Splits
from nia_optuna.recipe import Recipe
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import IN_FLOAT32

# Learned numbers times examples of a batch. Perceptrons alone, with one thread of an Intel Xeon
# with AMX, learn from 1.17 times as many examples a second in float32 at 6.5 million, 1.13 at 13,
# 0.97 at 17, 0.93 at 26; in stacks of eight from 1.0, 0.95, 0.86 and 0.77 times as many. The
# machine had other work, so the limit is a rough one.
SHORT_STEP = 16_000_000


def suited(device: Device, recipe: Recipe, model: nn.Module, splits: Splits) -> Device:
    """Return the device with the numbers that suit a network: float32 for short steps of an MLP.

    What bfloat16 saves in the products of a CPU it then loses in rounding weights and gradients.
    Decided by one network alone, so that a trial is the same whoever trains beside it.
    """
    if not device.bf16 or device.name != "cpu" or type(recipe.model) is not MLP:
        return device
    count = len(splits.train.index)
    learned = sum(p.numel() for p in model.parameters())
    short = learned * min(recipe.batch_size or count, count) < SHORT_STEP
    return replace(device, bf16=not short)


def told(asked: Device, taken: Device) -> str:
    """Return what a training's path says where its numbers are not those asked for."""
    return IN_FLOAT32 if asked.bf16 and not taken.bf16 else ""
