"""What a training has reached so far: its best epoch, and whether it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor, nn

from nia_optuna.metric import better
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.training import Training

Stopped = Literal["epochs", "patience", "target"]
Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Fitted:
    """A finished training: `model` carries the weights of its `best` epoch.

    `stopped` is what ended it; `parameters` counts the learned numbers.
    """

    model: nn.Module
    best: Epoch
    stopped: Stopped
    parameters: int


@dataclass
class Course:
    """The epochs of one training as they come in; `losses` are its validation losses."""

    training: Training
    epochs: list[Epoch] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    best: Epoch | None = None
    weights: Weights = field(default_factory=dict)

    def take(self, epoch: Epoch, weights: Callable[[], Weights]) -> Stopped | None:
        """Note an epoch, with a copy of its weights where it is the best; return what ends it."""
        metric = self.training.metric
        self.epochs.append(epoch)
        self.losses.append(epoch.validation["loss"])
        if self.best is None or better(metric, epoch.metric(metric), self.best.metric(metric)):
            self.best, self.weights = epoch, weights()
        return self._ended(epoch, self.best)

    def fitted(self, model: nn.Module, stopped: Stopped) -> Fitted:
        """Return what the training ends in; `model` is given the best epoch's weights."""
        assert self.best is not None, "no training ends before its first epoch"
        model.load_state_dict(self.weights)
        parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
        return Fitted(model, self.best, stopped, parameters)

    def _ended(self, epoch: Epoch, best: Epoch) -> Stopped | None:
        training, metric = self.training, self.training.metric
        if training.target is not None and not better(
            metric, training.target, epoch.metric(metric)
        ):
            return "target"
        if training.patience is not None and epoch.number - best.number >= training.patience:
            return "patience"
        return "epochs" if epoch.number >= training.epochs else None
