"""One epoch of all the trainings of a stack."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor, nn

from nia_optuna.data import Splits
from nia_optuna.training.augmentation import augmentation
from nia_optuna.training.course import Weights
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.heap import keep_freed_memory
from nia_optuna.training.initialisation import initialise
from nia_optuna.training.loop import (
    STEPS_PER_QUESTION,
    Diverged,
    GivenUp,
    bounds,
    generator_of,
    learning_rates,
    measured,
    seed_epoch,
)
from nia_optuna.training.losses import MEASURES, criterion, measures, slope
from nia_optuna.training.perceptron import Perceptron
from nia_optuna.training.placement import autocast
from nia_optuna.training.precision import suited, told
from nia_optuna.training.stacked.dropouts import with_dropouts
from nia_optuna.training.stacked.examples import Examples
from nia_optuna.training.stacked.layers import StackedDropout
from nia_optuna.training.stacked.network import Unstackable, stack, state
from nia_optuna.training.stacked.size import rows_at_once
from nia_optuna.training.stacked.updates import Updates
from nia_optuna.training.standing import Shelf
from nia_optuna.training.training import Training


@dataclass(frozen=True)
class Member:
    """One training of a stack: what it learns, from which examples, its seed, where it is kept."""

    training: Training
    splits: Splits
    seed: int
    shelf: Shelf | None = None


@dataclass(frozen=True)
class StackedLoop:
    """What stays the same while no member leaves; network and optimizer's state move.

    `models` are the members' plain networks; their weights are those of the stack only when asked.
    """

    members: tuple[Member, ...]
    models: tuple[nn.Sequential, ...]
    stacked: nn.Sequential
    updates: Updates
    train: Examples
    validation: Examples
    device: Device
    given_up: Callable[[], bool]
    told: str

    @classmethod
    def begin(
        cls, members: Sequence[Member], *, device: Device, given_up: Callable[[], bool]
    ) -> StackedLoop:
        """Return a loop over fresh networks, each drawn from its member's seed.

        Raises ValueError for trainings that cannot be one stack.
        """
        torch.set_num_threads(device.threads)
        keep_freed_memory()
        _check(members)
        models = tuple(_model(member, device) for member in members)
        stacked = stack(with_dropouts(models))
        splits = _splits(members)
        asked, device = device, suited(device, members[0].training.recipe, models[0], splits[0])
        return cls(
            members=tuple(members),
            models=models,
            stacked=stacked,
            updates=_updates(stacked, members, device, [0] * len(members)),
            train=Examples.of([each.train for each in splits], splits, device),
            validation=Examples.of([each.validation for each in splits], splits, device),
            device=device,
            given_up=given_up,
            told=told(asked, device),
        )

    def epoch(self, losses: Sequence[Sequence[float]]) -> list[Epoch | Diverged]:
        """Train every member for its next epoch and measure it.

        `losses` are everyone's validation losses, one for each epoch behind it. An epoch's
        `seconds` are a member's share. Raises GivenUp when the stack was given up.
        """
        began = time.perf_counter()
        numbers = [len(known) + 1 for known in losses]
        steps = bounds(len(self.train), self._shared.recipe.batch_size)
        rates = [
            learning_rates(member.training, number, len(steps), known)
            for member, number, known in zip(self.members, numbers, losses, strict=True)
        ]
        learned, first = self._learn(numbers, steps, rates)
        count = sum(step.stop - step.start for step in steps)
        means = (learned / count, self._tally() / len(self.validation), first)
        # The one moment of an epoch at which this process waits for the device.
        figures = torch.cat(means, dim=1).tolist()
        share = (time.perf_counter() - began) / len(self.members)
        return [
            self._measured(number, mine, lr=each[0], seconds=share)
            for number, mine, each in zip(numbers, figures, rates, strict=True)
        ]

    def weights(self, member: int) -> Weights:
        """Return a copy of the state of a member's network, by its plain names."""
        return {name: tensor.clone() for name, tensor in self._state(member).items()}

    def state(self, member: int) -> dict[str, dict[str, Tensor]]:
        """Return what the optimizer knows of a member's parameters, by their plain names."""
        names = [name for name, _ in self.models[member].named_parameters()]
        return self.updates.state(member, names)

    def regroup(
        self, left: Sequence[int], passed: Sequence[int], joining: Sequence[Member]
    ) -> StackedLoop:
        """Return a loop that goes on with the members at the places `left`, and others behind them.

        Each of those left has `passed` so many epochs. Raises ValueError as `begin` does.
        """
        members = (*(self.members[k] for k in left), *joining)
        _check(members)
        models = (*(self.models[k] for k in left), *(_model(m, self.device) for m in joining))
        for k, model in zip(left, models, strict=False):
            model.load_state_dict(self._state(k))
        stacked = stack(with_dropouts(models))
        updates = _updates(stacked, members, self.device, (*passed, *(0 for _ in joining)))
        self.updates.carry(left, updates)
        return replace(
            self,
            members=members,
            models=models,
            stacked=stacked,
            updates=updates,
            train=self.train.regroup(left, [m.splits.train for m in joining], _splits(joining)),
            validation=self.validation.regroup(
                left, [m.splits.validation for m in joining], _splits(joining)
            ),
        )

    def _state(self, member: int) -> Weights:
        # A dropout that it has only here shifts the names of the layers behind.
        names, tensors = self.models[member].state_dict(), state(self.stacked, member)
        return dict(zip(names, tensors.values(), strict=True))

    @property
    def _shared(self) -> Training:
        """The training that says what all members have in common."""
        return self.members[0].training

    def _learn(
        self, numbers: Sequence[int], steps: Sequence[slice], rates: Sequence[Sequence[float]]
    ) -> tuple[Tensor, Tensor]:
        """Return the sums of the measures (K, measures) and the first batch's losses (K, 2)."""
        self.stacked.train()
        task = self.members[0].splits.task
        judge = criterion(self._shared.loss, task)
        perceptron = Perceptron.of(
            self._shared.recipe.model, self.stacked, slope(self._shared.loss, task), self.device
        )
        moved = augmentation(self._shared.augment)
        generators = [
            generator_of(member.seed, number, self.device.name)
            for member, number in zip(self.members, numbers, strict=True)
        ]
        orders = self.train.orders(generators)
        seed_epoch(self.members[0].seed, numbers[0])
        own = self._draws(generators)
        sums = torch.zeros(len(self.members), len(MEASURES[task]), device=self.device.name)
        first = torch.zeros(len(self.members), 2, device=self.device.name)
        for number_of_step, (step, *each) in enumerate(zip(steps, *rates, strict=True)):
            if number_of_step % STEPS_PER_QUESTION == 0 and self.given_up():
                raise GivenUp
            inputs, targets = self.train.batch(orders[:, step], moved, own)
            if perceptron is not None:
                loss, scores = perceptron.learn(inputs, targets)
            else:
                with autocast(self.device):
                    scores = self.stacked(inputs).float()
                loss = judge(scores, targets)
                torch.autograd.backward(loss.sum())
            self.updates.step(each)
            with torch.no_grad():
                sums += measures(loss, scores, targets, task)
                if number_of_step == 0:
                    first = torch.stack((loss, judge(torch.zeros_like(scores), targets)), 1)
        return sums, first

    def _draws(self, generators: Sequence[Generator]) -> Sequence[Generator]:
        """Return what dropout and augmentation draw from in this epoch, nothing for the global one.

        On a GPU a draw for every member would cost as many calls.
        """
        own = generators if self.device.name == "cpu" else ()
        idle = Generator()  # whose dropout drops nothing draws nothing alone
        for layer in self.stacked:
            if isinstance(layer, StackedDropout):
                dropped = layer.dropped.tolist() if own else ()
                each = zip(own, dropped, strict=True)
                layer.generators = [mine if drops else idle for mine, drops in each]
                layer.channels_last = self.device.channels_last
        return own

    @torch.inference_mode()
    def _tally(self) -> Tensor:
        """Return the sums of the measures over the validation examples (K, measures)."""
        self.stacked.eval()
        task = self.members[0].splits.task
        judge = criterion(self._shared.loss, task)
        sums = torch.zeros(len(self.members), len(MEASURES[task]), device=self.device.name)
        size = rows_at_once(self.device, len(self.members))
        for rows in torch.split(self.validation.rows, size, dim=1):
            inputs, targets = self.validation.batch(rows)
            with autocast(self.device):
                scores = self.stacked(inputs).float()
            sums += measures(judge(scores, targets), scores, targets, task)
        return sums

    def _measured(
        self, number: int, figures: Sequence[float], *, lr: float, seconds: float
    ) -> Epoch | Diverged:
        try:
            epoch = measured(number, figures, self.members[0].splits.task, lr=lr, seconds=seconds)
            return replace(epoch, path=f"stack of {len(self.members)}{self.told}")
        except Diverged as error:
            # Its traceback would hold this loop, with all networks of the stack.
            return error.with_traceback(None)


def shared_settings(training: Training) -> tuple[object, ...]:
    """Return what trainings of one stack have in common beside the structure of their networks."""
    recipe = training.recipe
    return type(recipe.optimizer), recipe.batch_size, training.loss, training.augment


def _check(members: Sequence[Member]) -> None:
    """Raise ValueError unless all members share what a stack cannot vary."""
    if len({shared_settings(member.training) for member in members}) > 1:
        raise ValueError("trainings of one stack share optimizer, batch size, loss, augmentation")


def _model(member: Member, device: Device) -> nn.Sequential:
    seed_epoch(member.seed, 0)
    recipe, splits = member.training.recipe, member.splits
    model = recipe.model.build(splits.shape, splits.outputs)
    if not isinstance(model, nn.Sequential):
        raise Unstackable(f"{type(model).__name__} is unknown to stacks")
    initialise(model, recipe.init)
    return model.to(device.name)


def _updates(
    stacked: nn.Module, members: Sequence[Member], device: Device, passed: Sequence[int]
) -> Updates:
    return Updates.over(stacked, [member.training for member in members], device.name, passed)


def _splits(members: Sequence[Member]) -> list[Splits]:
    return [member.splits for member in members]
