"""One epoch: a pass over the training examples, then one over the validation examples."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from nia_optuna.data import Splits
from nia_optuna.decay import named_decay
from nia_optuna.metric import Task
from nia_optuna.training.augmentation import augmentation
from nia_optuna.training.decay import learning_rate
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.evaluation import tally
from nia_optuna.training.graph import GraphedStep, capture_for
from nia_optuna.training.heap import keep_freed_memory
from nia_optuna.training.initialisation import initialise
from nia_optuna.training.losses import MEASURES, Criterion, criterion, slope
from nia_optuna.training.optimization import Updating, as_state, optimizer_for
from nia_optuna.training.perceptron import Perceptron
from nia_optuna.training.placement import Resident, memory_format, place, resident
from nia_optuna.training.precision import suited, told
from nia_optuna.training.recorder import Recorder
from nia_optuna.training.standing import Standing
from nia_optuna.training.step import Seen, Step
from nia_optuna.training.training import Training

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
    step: Step | GraphedStep
    judge: Criterion
    sums: Tensor
    train: Resident
    validation: Resident
    training: Training
    task: Task
    seed: int
    device: Device
    given_up: Callable[[], bool]
    recorder: Recorder | None
    told: str

    @classmethod
    def begin(
        cls,
        training: Training,
        splits: Splits,
        *,
        seed: int,
        device: Device,
        given_up: Callable[[], bool],
        recorder: Recorder | None,
    ) -> Loop:
        """Return a loop over a fresh network, its examples on the device."""
        torch.set_num_threads(device.threads)
        keep_freed_memory()
        seed_epoch(seed, 0)
        recipe = training.recipe
        model = recipe.model.build(splits.shape, splits.outputs)
        initialise(model, recipe.init)
        asked, device = device, suited(device, recipe, model, splits)
        model = place(model, device)
        layout = memory_format(model, device)
        train = resident(splits.train, splits, device, layout)
        # A recorder wants every step's numbers, which a replay writes over.
        capture = capture_for(model, device) if recorder is None else None
        step = Step(
            model=model,
            optimizer=optimizer_for(
                recipe.optimizer, model, device.name, captured=capture is not None
            ),
            judge=criterion(training.loss, splits.task),
            examples=train,
            augment=augmentation(training.augment),
            task=splits.task,
            device=device,
            sums=torch.zeros(len(MEASURES[splits.task]), device=device.name),
            perceptron=Perceptron.of(
                recipe.model, model, slope(training.loss, splits.task), device
            ),
        )
        whole = min(recipe.batch_size or len(train), len(train))
        return cls(
            model=model,
            step=step if capture is None else GraphedStep(step, capture, whole),
            judge=step.judge,
            sums=step.sums,
            train=train,
            validation=resident(splits.validation, splits, device, layout),
            training=training,
            task=splits.task,
            seed=seed,
            device=device,
            given_up=given_up,
            recorder=recorder,
            told=told(asked, device),
        )

    def epoch(self, number: int, losses: Sequence[float]) -> Epoch:
        """Train for one epoch and measure it; `losses` are the validation losses before it.

        Raises Diverged when a loss is not finite, GivenUp when the training was given up.
        """
        began = time.perf_counter()
        seed_epoch(self.seed, number)
        steps = bounds(len(self.train), self.training.recipe.batch_size)
        rates = learning_rates(self.training, number, len(steps), losses)
        learned, first, count = self._learn(number, rates, steps)
        loss = self.training.loss
        judged = tally(self.model, self.validation, loss=loss, task=self.task, device=self.device)
        # The one moment of an epoch at which this process waits for the device.
        figures = torch.cat((learned / count, judged / len(self.validation), first)).tolist()
        epoch = measured(
            number, figures, self.task, lr=rates[0], seconds=time.perf_counter() - began
        )
        if self.recorder is not None:
            self.recorder.epoch(epoch, self.model)
        return replace(epoch, path=self.path)

    @property
    def path(self) -> str:
        """How the steps were taken: by a graph where one could be recorded."""
        graphed = isinstance(self.step, GraphedStep) and self.step.replay is not None
        return "single, CUDA graph" if graphed else f"single{self.told}"

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the network's state, on the device."""
        return {name: tensor.clone() for name, tensor in self.model.state_dict().items()}

    def state(self) -> dict[str, dict[str, Tensor]]:
        """Return what the optimizer knows of every parameter, by the parameter's name."""
        known = self._optimizer.state
        return {name: dict(known[p]) for name, p in self.model.named_parameters() if p in known}

    def take_up(self, standing: Standing) -> None:
        """Go on where a training stood."""
        self.model.load_state_dict(standing.weights)
        for name, parameter in self.model.named_parameters():
            if name in standing.state:
                self._optimizer.state[parameter] = {
                    what: as_state(tensor, parameter)
                    for what, tensor in standing.state[name].items()
                }

    @property
    def _optimizer(self) -> Updating:
        return (self.step.step if isinstance(self.step, GraphedStep) else self.step).optimizer

    def _learn(
        self, number: int, rates: Sequence[float], steps: Sequence[slice]
    ) -> tuple[Tensor, Tensor, int]:
        """Return the sums of the measures, the first batch's losses, and the examples of a pass."""
        self.model.train()
        self.sums.zero_()
        order = self.train.order()
        first = torch.zeros(2, device=self.device.name)
        count = 0
        for step, (rate, part) in enumerate(zip(rates, steps, strict=True)):
            if step % STEPS_PER_QUESTION == 0 and self.given_up():
                raise GivenUp
            seen = self.step(order[part], rate)
            count += len(seen.targets)
            if step == 0:
                first = self._first(seen)
            if self.recorder is not None:
                number_of_step = (number - 1) * len(rates) + step + 1
                self.recorder.step(number_of_step, seen.measures, len(seen.targets))
        return self.sums, first, count

    def _first(self, seen: Seen) -> Tensor:
        """Return the loss of a batch and the one that a blank answer has there (2,)."""
        blank = self.judge(torch.zeros_like(seen.scores), seen.targets)
        return torch.stack((seen.loss, blank))


def seed_epoch(seed: int, epoch: int) -> None:
    """Seed torch's generators for an epoch of a training; epoch 0 draws its first weights."""
    torch.manual_seed(_drawn(seed, epoch))


def generator_of(seed: int, epoch: int, device_name: str) -> torch.Generator:
    """Return a generator of its own that draws what torch's draw after `seed_epoch`."""
    return torch.Generator(device_name).manual_seed(_drawn(seed, epoch))


def _drawn(seed: int, epoch: int) -> int:
    (drawn,) = np.random.SeedSequence((seed, epoch)).generate_state(1)
    return int(drawn)


def bounds(count: int, batch_size: int | None) -> list[slice]:
    """Return the batches of an epoch; a last batch of a single example is left out."""
    size = min(batch_size or count, count)
    batches = [slice(start, min(start + size, count)) for start in range(0, count, size)]
    return batches[:-1] if size > 1 and count % size == 1 else batches


def learning_rates(
    training: Training, number: int, steps: int, losses: Sequence[float]
) -> list[float]:
    """Return the learning rate of every step of an epoch; `losses` are as `learning_rate` says."""
    recipe, epochs = training.recipe, training.epochs
    schedule, base = named_decay(recipe.decay), recipe.optimizer.lr
    return [
        learning_rate(
            schedule, base, passed=number - 1 + step / steps, epochs=epochs, losses=losses
        )
        for step in range(steps)
    ]


def measured(
    number: int, figures: Sequence[float], task: Task, *, lr: float, seconds: float
) -> Epoch:
    """Return an epoch of these `figures`: train and validation measures, first and blank loss.

    Raises Diverged when a measure is not finite: a square may be too large where a loss is not.
    """
    names = MEASURES[task]
    epoch = Epoch(
        number=number,
        train=dict(zip(names, figures, strict=False)),
        validation=dict(zip(names, figures[len(names) :], strict=False)),
        lr=lr,
        seconds=seconds,
        first_loss=figures[-2],
        blank_loss=figures[-1],
    )
    for part, means in (("train", epoch.train), ("validation", epoch.validation)):
        for name, mean in means.items():
            if not math.isfinite(mean):
                raise Diverged(f"{part} {name} was {mean} in epoch {number}")
    return epoch
