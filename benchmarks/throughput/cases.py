"""What is trained, and the ways to train it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.throughput.usual import usual
from nia_optuna.architectures import CNN, MLP, LeNet
from nia_optuna.data import Source, Splits, Synthetic, open_data, silent, split
from nia_optuna.optimizer import Adam
from nia_optuna.recipe import Recipe
from nia_optuna.training import precision
from nia_optuna.training.device import Device
from nia_optuna.training.fit import fit
from nia_optuna.training.stacked.fit import Member, fit_together
from nia_optuna.training.stacked.size import most_together
from nia_optuna.training.training import Training

USUAL = "usual loop"
CORES = len(os.sched_getaffinity(0))
precision.SHORT_STEP = 0  # every way in the numbers that its name says

Turn = Callable[[], int]
"""Trains for a while; returns how many examples were learnt from."""


@dataclass(frozen=True)
class Case:
    """One training by its name; a turn of it are `epochs` epochs."""

    name: str
    recipe: Recipe
    source: Source
    epochs: int = 1
    regression: bool = False


@dataclass(frozen=True)
class Way:
    """One way to train a case, `members` networks at a time in one process."""

    name: str
    members: int
    turn: Turn


def cases(*, quick: bool) -> list[Case]:
    """Return what is trained. Pictures are made up: their content costs no time."""
    grey, coloured = (1_500, 500) if quick else (8_000, 2_000)
    digits = Synthetic(shape=(1, 28, 28), classes=10, train=grey, test=100)
    photos = Synthetic(shape=(3, 32, 32), classes=10, train=coloured, test=100)
    perceptron, blocks, houses = MLP((128,)), CNN((32, 64, 128, 256)), MLP((16, 8))
    return [
        Case("MLP 784-128-10, batch 64", Recipe(perceptron, Adam(), batch_size=64), digits),
        Case("MLP 784-128-10, batch 256", Recipe(perceptron, Adam(), batch_size=256), digits),
        Case("LeNet, batch 64", Recipe(LeNet(), Adam(), batch_size=64), digits),
        Case("CNN 32-64-128-256, batch 64", Recipe(blocks, Adam(), batch_size=64), photos),
        Case(
            "Boston Housing, MLP 13-16-8-1, batch 32",
            Recipe(houses, Adam(), batch_size=32),
            "boston_housing",
            epochs=4 if quick else 20,
            regression=True,
        ),
    ]


def ways(case: Case, folder: Path, device: Device) -> Iterator[Way]:
    """Yield the ways to train a case, the usual loop first; the data are cached in `folder`."""
    splits = split(open_data(case.source, folder, silent), validation=0.1, subset=None, seed=0)
    training = Training(
        case.recipe,
        epochs=10**6,  # none ends while it is measured
        loss="squared" if case.regression else "cross_entropy",
        metric="mse" if case.regression else "accuracy",
    )
    yield Way(USUAL, 1, repeated(case, usual(case.recipe, splits)))
    tried = {"float32": replace(device, bf16=False)}
    if device.bf16 and not case.regression:
        tried["bfloat16"] = device
    for numbers, where in tried.items():
        single = fit(training, splits, seed=0, device=where)
        yield Way(f"single, {numbers}", 1, repeated(case, drawn(single, splits, 1)))
    most = most_together(case.recipe, splits, device)
    members = [Member(training, splits, seed) for seed in range(most)]
    if most > 1:
        for numbers, where in tried.items():
            together = fit_together(members, device=where)
            turn = repeated(case, drawn(together, splits, most))
            yield Way(f"stack of {most}, {numbers}", most, turn)


def drawn(epochs: Generator[object, None, object], splits: Splits, members: int) -> Turn:
    """Return what takes one epoch from a training of so many networks."""

    def turn() -> int:
        next(epochs)
        return members * len(splits.train.index)

    return turn


def repeated(case: Case, epoch: Turn) -> Turn:
    """Return what trains for as many epochs as a turn of the case has."""
    return lambda: sum(epoch() for _ in range(case.epochs))
