"""The same training on every device there is: all losses, both tasks, shards, scoring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from nia_optuna.architectures import CNN, MLP
from nia_optuna.data import DataSet, Splits, split
from nia_optuna.metric import LOSSES, Loss
from nia_optuna.optimizer import SGD, Adam, AdamW, Optimizer, RMSprop
from nia_optuna.recipe import Recipe
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.evaluation import evaluate
from nia_optuna.training.fit import Fitted, fit
from nia_optuna.training.stacked.fit import Member, fit_together
from nia_optuna.training.training import Training

# Those there are: a machine without a GPU has nothing to skip.
DEVICES = ["cpu"]
if torch.cuda.is_available():
    DEVICES.append("cuda:0")
if torch.backends.mps.is_available():
    DEVICES.append("mps")


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> Device:
    return Device(request.param, channels_last=True)


def trained(recipe: Recipe, splits: Splits, device: Device, **settings: object) -> Fitted:
    training = Training(recipe, epochs=4, **settings)  # type: ignore[arg-type]
    epochs = fit(training, splits, seed=0, device=device)
    while True:
        try:
            next(epochs)
        except StopIteration as end:
            fitted: Fitted = end.value
            return fitted


@pytest.mark.parametrize("loss", LOSSES["classification"])
def test_every_loss_of_classes_is_learnt_from(digits: Splits, device: Device, loss: Loss) -> None:
    recipe = Recipe(CNN(widths=(8, 16)), Adam(lr=1e-2), batch_size=64, augment=("crop",))
    fitted = trained(recipe, digits, device, loss=loss)
    assert fitted.best.validation["accuracy"] > 0.7
    scored = evaluate(fitted.model, digits.test, digits, device, loss=loss)
    assert scored.outputs.device.type == "cpu"
    assert scored.measures["accuracy"] > 0.7


@pytest.mark.parametrize(
    "optimizer", [SGD(0.1, momentum=0.9), Adam(5e-3), AdamW(5e-3), RMSprop(2e-3)], ids=repr
)
def test_every_optimizer_steps(digits: Splits, device: Device, optimizer: Optimizer) -> None:
    fitted = trained(Recipe(MLP(), optimizer, batch_size=32), digits, device)
    assert fitted.best.validation["accuracy"] > 0.85


@pytest.mark.parametrize("loss", LOSSES["regression"])
def test_numbers_are_learnt(boston: Splits, device: Device, loss: Loss) -> None:
    recipe = Recipe(MLP((32, 16)), Adam(lr=2e-2), batch_size=16, init="glorot")
    fitted = trained(recipe, boston, device, loss=loss, metric="mse")
    scored = evaluate(fitted.model, boston.test, boston, device, loss=loss)
    assert scored.measures["mse"] < float(boston.test.targets.var())


def test_shards_in_turn_are_learnt(digits_data: DataSet, device: Device) -> None:
    shards = np.arange(len(digits_data.train)) % 4
    part = replace(digits_data.train, shards=shards)
    splits = split(replace(digits_data, train=part), validation=0.2, subset=None, seed=0)
    fitted = trained(Recipe(MLP(), Adam(lr=5e-3), batch_size=32), splits, device)
    assert fitted.best.validation["accuracy"] > 0.85


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.05, momentum=0.9), Adam(3e-3), AdamW(3e-3), RMSprop(1e-3, momentum=0.5)],
    ids=repr,
)
def test_a_stack_learns_what_its_members_learn_alone(
    digits: Splits, device: Device, optimizer: Optimizer
) -> None:
    recipe = Recipe(MLP((32, 16), batch_norm=True), optimizer, "cosine", batch_size=100)
    members = [Member(Training(recipe, epochs=k + 1), digits, seed=k) for k in range(3)]
    together = fit_together(members, device=device)
    seen: list[list[Epoch]] = [[] for _ in members]
    while True:
        try:
            for k, epoch in next(together).items():
                assert isinstance(epoch, Epoch)
                seen[k].append(epoch)
        except StopIteration as end:
            fitted: list[Fitted] = end.value
            break
    for member, mine, end_of_mine in zip(members, seen, fitted, strict=True):
        alone = list(fit(member.training, digits, seed=member.seed, device=device))
        for ours, theirs in zip(mine, alone, strict=True):
            assert ours.train == pytest.approx(theirs.train, rel=1e-3, abs=1e-3)
            assert ours.validation == pytest.approx(theirs.validation, rel=1e-3, abs=5e-3)
        assert end_of_mine.best.path.startswith("stack of")


def test_a_stack_with_dropout_and_crops_learns(digits: Splits, device: Device) -> None:
    recipe = Recipe(MLP((64,), dropout=0.2), Adam(5e-3), batch_size=64, augment=("crop",))
    members = [Member(Training(recipe, epochs=6), digits, seed) for seed in range(3)]
    *_, last = fit_together(members, device=device)
    for epoch in last.values():
        assert isinstance(epoch, Epoch)
        assert epoch.validation["accuracy"] > 0.4
