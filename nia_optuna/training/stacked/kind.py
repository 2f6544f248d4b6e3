"""Which trainings can be one stack."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import torch
from torch import nn

from nia_optuna.architectures import MLP
from nia_optuna.data import Splits
from nia_optuna.training.device import Device
from nia_optuna.training.stacked.dropouts import without_dropouts
from nia_optuna.training.stacked.loop import shared_settings
from nia_optuna.training.stacked.size import most_together
from nia_optuna.training.training import Training


@dataclass(frozen=True)
class Kind:
    """What trainings of one stack have in common, and how many of them it may hold.

    `key` is None, and `most` 1, for a training that goes alone; of one kind are those with the same
    key, whatever memory was free when they were asked about. `pays` says that a stack takes so much
    less time than its members alone that trials are worth drawing ahead for it: perceptrons take
    at most 0.7 of it, LeNet 0.75 (benchmarks/throughput.json).
    """

    key: Hashable = None
    most: int = field(default=1, compare=False)
    pays: bool = False


def kind_of(training: Training, splits: Splits, device: Device) -> Kind:
    """Return what others must have in common with `training` to train beside it on `device`."""
    recipe = training.recipe
    most = most_together(recipe, splits, device)
    if most == 1:
        return Kind()
    with torch.device("meta"):  # its weights are of no interest
        model = recipe.model.build(splits.shape, splits.outputs)
    assert isinstance(model, nn.Sequential), "as most_together says"
    key = (shared_settings(training), without_dropouts(model))
    return Kind(key, most, pays=isinstance(recipe.model, MLP))
