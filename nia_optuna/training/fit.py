"""Training as a generator of epochs."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Literal

from torch import nn

from nia_optuna.data import Splits
from nia_optuna.metric import better
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.loop import Diverged, GivenUp, Loop
from nia_optuna.training.recorder import Recorder
from nia_optuna.training.training import Training

__all__ = ["Diverged", "Fitted", "GivenUp", "fit"]

Stopped = Literal["epochs", "patience", "target"]


@dataclass(frozen=True)
class Fitted:
    """A finished training: `model` carries the weights of its `best` epoch.

    `stopped` is what ended it; `parameters` counts the learned numbers.
    """

    model: nn.Module
    best: Epoch
    stopped: Stopped
    parameters: int


def fit(
    training: Training,
    splits: Splits,
    *,
    seed: int,
    device: Device,
    given_up: Callable[[], bool] = lambda: False,
    recorder: Recorder | None = None,
) -> Generator[Epoch, None, Fitted]:
    """Train on `splits.train`, yield what each epoch measured and return a Fitted.

    The epoch that ends the training has `last` set. Closing the generator ends it at once.
    `given_up` is asked every few batches; `recorder` looks on.

    A `batch_size` of None or above the number of examples makes one batch of them all. The last
    batch may be smaller; where it would hold a single example, which batch norm refuses, that
    one waits for another epoch's order.

    Draws come from torch's global generators, which are seeded from (`seed`, epoch) as every
    epoch begins: on a CPU the same seed gives the same curve bit by bit with one thread,
    whatever else draws between two epochs. Sets torch's number of threads for the process.

    Raises Diverged when a loss is not finite, GivenUp where `given_up` said so.
    """
    metric = training.metric
    loop = Loop.begin(
        training, splits, seed=seed, device=device, given_up=given_up, recorder=recorder
    )
    epoch = best = loop.epoch(1, losses=())
    weights = loop.weights()
    losses = [best.validation["loss"]]
    while not (ended := _ended(training, epoch, best)):
        yield epoch
        epoch = loop.epoch(epoch.number + 1, losses)
        losses.append(epoch.validation["loss"])
        if better(metric, epoch.metric(metric), best.metric(metric)):
            best, weights = epoch, loop.weights()
    yield replace(epoch, last=True)
    loop.model.load_state_dict(weights)
    parameters = sum(p.numel() for p in loop.model.parameters() if p.requires_grad)
    return Fitted(loop.model, best, ended, parameters)


def _ended(training: Training, epoch: Epoch, best: Epoch) -> Stopped | None:
    metric, target, patience = training.metric, training.target, training.patience
    if target is not None and not better(metric, target, epoch.metric(metric)):
        return "target"
    if patience is not None and epoch.number - best.number >= patience:
        return "patience"
    return "epochs" if epoch.number >= training.epochs else None
