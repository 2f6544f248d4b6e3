"""One step of a training: gather a batch, answer, judge, learn, and add up the measures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from nia_optuna.metric import Task
from nia_optuna.training.device import Device
from nia_optuna.training.losses import Criterion, measures
from nia_optuna.training.optimization import Updating, set_learning_rate
from nia_optuna.training.perceptron import Perceptron
from nia_optuna.training.placement import Resident, autocast


class Seen(NamedTuple):
    """What a step saw of its batch before it moved the weights.

    The mean `loss` (), the `scores` (n, outputs), the `targets` (n,), and the sums of what MEASURES
    names. The next step may write over them.
    """

    loss: Tensor
    scores: Tensor
    targets: Tensor
    measures: Tensor


@dataclass(frozen=True)
class Step:
    """What the steps of a training have in common: its tensors stay where they are in memory.

    Every step moves the weights of `model` and the state of `optimizer`, and adds its measures to
    `sums`. `perceptron` holds the passes of a model that needs no autograd.
    """

    model: nn.Module
    optimizer: Updating
    judge: Criterion
    examples: Resident
    augment: Callable[[Tensor], Tensor] | None
    task: Task
    device: Device
    sums: Tensor
    perceptron: Perceptron | None = None

    def __call__(self, rows: Tensor, rate: float) -> Seen:
        """Learn from the examples `rows` (n,) with the learning rate `rate`."""
        set_learning_rate(self.optimizer, rate)
        return self.learn(rows)

    def learn(self, rows: Tensor) -> Seen:
        """Learn from the examples `rows` (n,) with the learning rate that is set.

        Nothing here waits for the device or depends on what it computes: all of it can be captured.
        """
        inputs, targets = self.examples.batch(rows, self.augment)
        if self.perceptron is not None:
            loss, scores = self.perceptron.learn(inputs, targets)
        else:
            with autocast(self.device):
                scores = self.model(inputs).float()
            loss = self.judge(scores, targets)
            self.optimizer.zero_grad()
            torch.autograd.backward(loss)
        self.optimizer.step()
        with torch.no_grad():
            sums = measures(loss, scores, targets, self.task)
            self.sums.add_(sums)
        return Seen(loss.detach(), scores.detach(), targets, sums)
