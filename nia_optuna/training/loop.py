"""One epoch: a pass over the training pictures, then one over the validation pictures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn, optim
from torch.nn import functional

from nia_optuna.data import Splits
from nia_optuna.recipe import Recipe, named_decay
from nia_optuna.training.augmentation import Augmentation, augmentation
from nia_optuna.training.decay import learning_rate
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.evaluation import tally
from nia_optuna.training.optimization import optimizer_for, set_learning_rate
from nia_optuna.training.placement import Resident, autocast, memory_format, place, resident

# How many batches pass between two looks at whether the training is still wanted.
STEPS_PER_QUESTION = 10


class Diverged(RuntimeError):  # noqa: N818  # the field's word for it
    """A loss is not finite any more: said in one line."""


class GivenUp(Exception):  # noqa: N818  # a wish, not an error
    """Nobody wants the rest of this training."""


@dataclass(frozen=True)
class Loop:
    """What stays the same from epoch to epoch; the network and the optimizer's state move."""

    model: nn.Module
    optimizer: optim.Optimizer
    train: Resident
    validation: Resident
    recipe: Recipe
    classes: int
    epochs: int
    seed: int
    device: Device
    augment: tuple[Augmentation, ...]
    given_up: Callable[[], bool]

    @classmethod
    def begin(
        cls,
        recipe: Recipe,
        splits: Splits,
        *,
        epochs: int,
        seed: int,
        device: Device,
        augment: Sequence[Augmentation],
        given_up: Callable[[], bool],
    ) -> Loop:
        """Return a loop over a fresh network, its pictures on the device."""
        torch.set_num_threads(device.threads)
        _seed(seed, epoch=0)
        model = place(recipe.model.build(splits.shape, splits.classes), device)
        layout = memory_format(model, device)
        return cls(
            model=model,
            optimizer=optimizer_for(recipe.optimizer, model, device.name),
            train=resident(splits.train, splits, device, layout),
            validation=resident(splits.validation, splits, device, layout),
            recipe=recipe,
            classes=splits.classes,
            epochs=epochs,
            seed=seed,
            device=device,
            augment=tuple(augment),
            given_up=given_up,
        )

    def epoch(self, number: int, losses: Sequence[float]) -> Epoch:
        """Train for one epoch and measure it; `losses` are the validation losses before it.

        Raises Diverged when a loss is not finite, GivenUp when the training was given up.
        """
        began = time.perf_counter()
        _seed(self.seed, epoch=number)
        rates = self._rates(number, losses)
        loss, hits, count = self._learn(rates)
        judged, confusion = tally(self.model, self.validation, self.classes, self.device)
        # The one moment of an epoch at which this process waits for the device.
        figures = torch.stack((loss, hits, judged, confusion.diagonal().sum())).tolist()
        measured = Epoch(
            number=number,
            train_loss=figures[0] / count,
            train_accuracy=figures[1] / count,
            validation_loss=figures[2] / len(self.validation),
            validation_accuracy=figures[3] / len(self.validation),
            lr=rates[0],
            seconds=time.perf_counter() - began,
        )
        for what in ("train_loss", "validation_loss"):
            if not math.isfinite(getattr(measured, what)):
                name = what.replace("_", " ")
                raise Diverged(f"{name} was {getattr(measured, what)} in epoch {number}")
        return measured

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the network's state, on the device."""
        return {name: tensor.clone() for name, tensor in self.model.state_dict().items()}

    def _learn(self, rates: Sequence[float]) -> tuple[Tensor, Tensor, int]:
        """Return the sum of the losses, the right answers and the pictures of one pass."""
        self.model.train()
        loss_sum = torch.zeros((), device=self.device.name)
        hits = torch.zeros((), device=self.device.name)
        count = 0
        for step, (rate, (pictures, labels)) in enumerate(zip(rates, self._batches(), strict=True)):
            if step % STEPS_PER_QUESTION == 0 and self.given_up():
                raise GivenUp
            set_learning_rate(self.optimizer, rate)
            with autocast(self.device):
                scores = self.model(pictures)
            loss = functional.cross_entropy(scores.float(), labels)
            self.optimizer.zero_grad()
            torch.autograd.backward(loss)
            self.optimizer.step()
            loss_sum.add_(loss.detach(), alpha=len(labels))
            hits.add_((scores.detach().argmax(1) == labels).sum())
            count += len(labels)
        return loss_sum, hits, count

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        rows = self.train.rows
        order = rows[torch.randperm(len(rows), device=rows.device)]
        moved = augmentation(self.augment)
        for start, stop in self._bounds():
            yield self.train.batch(order[start:stop], moved)

    def _bounds(self) -> list[tuple[int, int]]:
        """Return where batches begin and end; a last batch of one picture is left out."""
        count = len(self.train)
        size = min(self.recipe.batch_size or count, count)
        bounds = [(start, min(start + size, count)) for start in range(0, count, size)]
        return bounds[:-1] if size > 1 and count % size == 1 else bounds

    def _rates(self, number: int, losses: Sequence[float]) -> list[float]:
        """Return the learning rate of every step of the epoch."""
        steps = len(self._bounds())
        schedule, base = named_decay(self.recipe.decay), self.recipe.optimizer.lr
        return [
            learning_rate(
                schedule, base, passed=number - 1 + step / steps, epochs=self.epochs, losses=losses
            )
            for step in range(steps)
        ]


def _seed(seed: int, *, epoch: int) -> None:
    (drawn,) = np.random.SeedSequence((seed, epoch)).generate_state(1)
    torch.manual_seed(int(drawn))
