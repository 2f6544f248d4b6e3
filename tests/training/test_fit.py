"""Training is a generator of epochs, and what it returns is the best of them."""

import math
from collections.abc import Generator
from dataclasses import replace

import numpy as np
import pytest
import torch

from nia_optuna.architectures import CNN, MLP
from nia_optuna.data import DataSet, Splits, split
from nia_optuna.decay import Plateau
from nia_optuna.metric import LOSSES, Loss
from nia_optuna.optimizer import SGD, Adam, AdamW, RMSprop
from nia_optuna.recipe import Recipe
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.evaluation import evaluate
from nia_optuna.training.fit import Diverged, Fitted, fit
from nia_optuna.training.placement import resident
from nia_optuna.training.training import Training

CPU = Device()
QUICK = Recipe(MLP(), Adam(lr=5e-3), batch_size=64)


def finish(epochs: Generator[Epoch, None, Fitted]) -> tuple[list[Epoch], Fitted]:
    seen = []
    while True:
        try:
            seen.append(next(epochs))
        except StopIteration as end:
            return seen, end.value


def curve(epochs: list[Epoch]) -> list[Epoch]:
    return [replace(epoch, seconds=0) for epoch in epochs]


def test_a_perceptron_reads_digits_after_few_epochs(digits: Splits) -> None:
    epochs, fitted = finish(fit(Training(QUICK, epochs=8), digits, seed=0, device=CPU))

    assert [epoch.number for epoch in epochs] == list(range(1, 9))
    assert fitted.stopped == "epochs"
    assert fitted.parameters == 64 * 128 + 128 + 128 * 10 + 10
    assert evaluate(fitted.model, digits.test, digits, CPU).measures["accuracy"] > 0.95


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.1),
        SGD(0.05, momentum=0.9, nesterov=True, l2=1e-4),
        Adam(3e-3),
        AdamW(3e-3),
        RMSprop(1e-3, momentum=0.5),
    ],
    ids=repr,
)
def test_every_optimizer_learns(digits: Splits, optimizer: SGD | Adam | AdamW | RMSprop) -> None:
    recipe = Recipe(MLP(), optimizer, batch_size=32)
    _, fitted = finish(fit(Training(recipe, epochs=4), digits, seed=0, device=CPU))
    assert fitted.best.validation["accuracy"] > 0.88


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_convolutional_network_learns_from_mirrored_digits(
    digits: Splits, *, channels_last: bool
) -> None:
    model = CNN(widths=(16, 32), activation="gelu", dropout=(0.1, 0.2), hidden=(32,))
    device = Device(channels_last=channels_last)
    recipe = Recipe(model, Adam(5e-3), decay="cosine", batch_size=64)
    training = Training(recipe, epochs=6, augment=("flip",))
    _, fitted = finish(fit(training, digits, seed=0, device=device))
    assert fitted.best.validation["accuracy"] > 0.8


def test_bfloat16_keeps_float32_weights(digits: Splits) -> None:
    device = Device(bf16=True)
    _, fitted = finish(fit(Training(QUICK, epochs=2), digits, seed=0, device=device))
    assert {p.dtype for p in fitted.model.parameters()} == {torch.float32}
    assert fitted.best.validation["accuracy"] > 0.8


def test_the_same_seed_gives_the_same_curve_whatever_draws_between_two_epochs(
    digits: Splits,
) -> None:
    recipe = Recipe(CNN(widths=(8,), dropout=0.3), Adam(), batch_size=64)
    training = Training(recipe, epochs=2, augment=("crop",))
    alone, _ = finish(fit(training, digits, seed=3, device=CPU))
    watched = []
    for epoch in fit(training, digits, seed=3, device=CPU):
        watched.append(epoch)
        torch.rand(7)
    other, _ = finish(fit(training, digits, seed=4, device=CPU))

    assert curve(alone) == curve(watched)
    assert curve(alone) != curve(other)


def test_patience_ends_a_training_and_the_best_weights_come_back(digits: Splits) -> None:
    epochs, fitted = finish(fit(Training(QUICK, epochs=60, patience=2), digits, seed=0, device=CPU))

    assert fitted.stopped == "patience"
    assert len(epochs) == fitted.best.number + 2
    assert fitted.best.validation["accuracy"] == max(e.validation["accuracy"] for e in epochs)
    again = evaluate(fitted.model, digits.validation, digits, CPU)
    assert again.measures["accuracy"] == pytest.approx(fitted.best.validation["accuracy"])
    assert again.measures["loss"] == pytest.approx(fitted.best.validation["loss"])


def test_a_target_ends_a_training_as_soon_as_it_is_reached(digits: Splits) -> None:
    epochs, fitted = finish(fit(Training(QUICK, epochs=60, target=0.9), digits, seed=0, device=CPU))
    assert fitted.stopped == "target"
    assert fitted.best.validation["accuracy"] >= 0.9
    assert all(epoch.validation["accuracy"] < 0.9 for epoch in epochs[:-1])


def test_a_target_for_the_loss_is_reached_from_above(digits: Splits) -> None:
    epochs, fitted = finish(
        fit(Training(QUICK, epochs=60, metric="loss", target=0.4), digits, seed=0, device=CPU)
    )
    assert fitted.stopped == "target"
    assert fitted.best.validation["loss"] <= 0.4
    assert all(epoch.validation["loss"] > 0.4 for epoch in epochs[:-1])


def test_a_loss_that_is_not_finite_is_divergence(digits: Splits) -> None:
    recipe = Recipe(MLP(widths=(32, 32)), SGD(1e6), batch_size=64)
    with pytest.raises(Diverged, match=r"^(train|validation) loss was (nan|inf) in epoch \d+$"):
        finish(fit(Training(recipe, epochs=5), digits, seed=0, device=CPU))


def test_a_closed_training_is_over(digits: Splits) -> None:
    epochs = fit(Training(QUICK, epochs=5), digits, seed=0, device=CPU)
    next(epochs)
    epochs.close()
    assert list(epochs) == []


@pytest.mark.parametrize("batch_size", [None, 10**6])
def test_one_batch_may_be_the_whole_set(digits: Splits, batch_size: int | None) -> None:
    recipe = Recipe(MLP(), Adam(1e-2), batch_size=batch_size)
    epochs, _ = finish(fit(Training(recipe, epochs=3), digits, seed=0, device=CPU))
    # One step an epoch: the first is measured before anything was learned.
    assert epochs[0].train["loss"] == pytest.approx(math.log(10), abs=0.3)
    assert epochs[2].train["loss"] < epochs[0].train["loss"]


def test_a_last_batch_of_one_picture_does_not_trip_batch_norm(digits_data: DataSet) -> None:
    splits = split(digits_data, validation=0.2, subset=65, seed=0)
    recipe = Recipe(MLP(batch_norm=True), Adam(), batch_size=64)
    epochs, _ = finish(fit(Training(recipe, epochs=2), splits, seed=0, device=CPU))
    assert len(epochs) == 2


def test_batches_of_one_picture_learn(digits_data: DataSet) -> None:
    splits = split(digits_data, validation=0.2, subset=300, seed=0)
    recipe = Recipe(MLP(), SGD(0.01), batch_size=1)
    _, fitted = finish(fit(Training(recipe, epochs=3), splits, seed=0, device=CPU))
    assert fitted.best.validation["accuracy"] > 0.7


def test_a_plateau_lowers_the_learning_rate_to_its_floor(digits: Splits) -> None:
    decay = Plateau(factor=0.01, patience=1, floor=2.0)
    recipe = Recipe(MLP(widths=(8,)), SGD(50.0), decay=decay, batch_size=64)
    epochs, _ = finish(fit(Training(recipe, epochs=10), digits, seed=0, device=CPU))
    rates = [epoch.lr for epoch in epochs]
    assert rates[0] == 50.0
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 2.0


def test_no_epochs_are_refused(digits: Splits) -> None:
    with pytest.raises(ValueError, match="epochs=0 must be at least 1"):
        next(fit(Training(QUICK, epochs=0), digits, seed=0, device=CPU))


@pytest.mark.parametrize("loss", LOSSES["classification"])
def test_every_loss_of_classes_can_be_learnt_from(digits: Splits, loss: Loss) -> None:
    _, fitted = finish(fit(Training(QUICK, epochs=6, loss=loss), digits, seed=0, device=CPU))
    assert fitted.best.validation["accuracy"] > 0.85


def test_the_first_loss_is_near_that_of_a_blank_answer(digits: Splits) -> None:
    epochs, _ = finish(fit(Training(QUICK, epochs=2), digits, seed=0, device=CPU))
    assert epochs[0].blank_loss == pytest.approx(math.log(10))
    assert epochs[0].first_loss == pytest.approx(math.log(10), abs=0.4)
    later = epochs[1].first_loss
    assert later is not None
    assert later < 1.5


@pytest.mark.parametrize("loss", LOSSES["regression"])
def test_numbers_are_learnt(boston: Splits, loss: Loss) -> None:
    recipe = Recipe(MLP((16, 8), output="relu"), Adam(lr=1e-2), batch_size=32)
    epochs, fitted = finish(
        fit(Training(recipe, epochs=40, loss=loss, metric="mse"), boston, seed=0, device=CPU)
    )
    spread = float(boston.validation.targets.var())
    assert fitted.best.validation["mse"] < spread / 3
    assert fitted.best.validation["mse"] == min(e.validation["mse"] for e in epochs)
    power = 2 if loss == "squared" else 1
    rows = boston.train.targets
    assert epochs[0].blank_loss == pytest.approx(float((rows**power).mean()), rel=0.6)


def test_shards_are_visited_one_after_the_other_and_shuffled_within(digits_data: DataSet) -> None:
    whole = digits_data.train
    shards = np.arange(len(whole)) % 3
    part = replace(whole, shards=shards)
    splits = split(replace(digits_data, train=part), validation=0.2, subset=None, seed=0)
    data = resident(splits.train, splits, CPU, torch.contiguous_format)
    torch.manual_seed(0)
    one, other = data.order(), data.order()
    assert sorted(one.tolist()) == splits.train.index.tolist()
    assert shards[one].tolist() == sorted(shards[one])
    assert one.tolist() != other.tolist()
    assert one.tolist() != sorted(one.tolist(), key=lambda row: (shards[row], row))
