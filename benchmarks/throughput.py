"""How many training examples a second one process learns from, and what stacking adds.

Four small trainings, each in three ways: (a) the loop of a tutorial, a DataLoader over PIL pictures
with ToTensor and Normalize (over tensors where the examples are rows), with PyTorch's default
number of threads; (b) `fit`, with one thread; (c) `fit_together` with as many members as a stack
may hold, with one thread, in float32 and, where `probe` finds bfloat16 faster, in that.

A turn is one epoch with its pass over the validation examples; the training examples of all members
are counted, divided by the seconds of the whole turn. Ways take turns, so that work beside this one
meets them all; the first turn of each is dropped. Medians, smallest and largest of the others:

    python -m benchmarks.throughput [--quick]

It prints a table, and writes `throughput.json` beside itself. The pictures are made up; their
content costs no time. Start it on a machine that does nothing else: the load is in the JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, optim
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import transforms

from nia_optuna.architectures import MLP, LeNet
from nia_optuna.data import Source, Splits, Synthetic, View, open_data, silent, split
from nia_optuna.optimizer import Adam
from nia_optuna.recipe import Recipe
from nia_optuna.search.environment import environment
from nia_optuna.training.device import Device, probe
from nia_optuna.training.fit import fit
from nia_optuna.training.stacked.fit import Member, fit_together
from nia_optuna.training.stacked.size import most_together
from nia_optuna.training.training import Training

HERE = Path(__file__).parent
ROUNDS, QUICK_ROUNDS = 7, 2
PICTURES = Synthetic(shape=(1, 28, 28), classes=10, train=12_000, test=100)
FEW_PICTURES = Synthetic(shape=(1, 28, 28), classes=10, train=2_000, test=100)
THREADS = torch.get_num_threads()  # as PyTorch starts


@dataclass(frozen=True)
class Case:
    """One training, by the name that the table gives it."""

    name: str
    recipe: Recipe
    source: Source
    regression: bool = False


@dataclass(frozen=True)
class Figure:
    """Training examples a second of one way to train a case."""

    case: str
    way: str
    members: int
    rates: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.rates)


Turns = Callable[[], int]
"""Trains for an epoch; returns how many examples were learnt from."""


class Pictures(Dataset[tuple[Tensor, int]]):
    """A data set as torchvision's MNIST is one: a PIL picture an example, then the transform."""

    def __init__(self, view: View, splits: Splits) -> None:
        self.pictures = np.asarray(view.part.inputs)[view.index]
        self.labels = [int(label) for label in np.asarray(view.part.targets)[view.index]]
        self.transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize(splits.mean, splits.std)]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.pictures[index, 0])), self.labels[index]


def cases(*, quick: bool) -> list[Case]:
    """Return what is trained."""
    pictures = FEW_PICTURES if quick else PICTURES
    perceptron, houses = MLP((128,)), MLP((16, 8))
    return [
        Case("MLP 784-128-10, batch 64", Recipe(perceptron, Adam(), batch_size=64), pictures),
        Case("MLP 784-128-10, batch 256", Recipe(perceptron, Adam(), batch_size=256), pictures),
        Case("LeNet, batch 64", Recipe(LeNet(), Adam(), batch_size=64), pictures),
        Case(
            "Boston Housing, MLP 13-16-8-1, batch 32",
            Recipe(houses, Adam(), batch_size=32),
            "boston_housing",
            regression=True,
        ),
    ]


def ways(
    case: Case, splits: Splits, device: Device, rounds: int
) -> Iterator[tuple[str, int, Turns]]:
    """Yield the ways to train a case: name, members, and what trains for an epoch."""
    training = Training(
        case.recipe,
        epochs=rounds + 2,  # the first is dropped; none ends a training
        loss="squared" if case.regression else "cross_entropy",
        metric="mse" if case.regression else "accuracy",
    )
    plain = replace(device, bf16=False)
    most = most_together(case.recipe, splits, plain)
    yield "usual loop", 1, usual(case, splits)
    count = len(splits.train.index)
    yield "single", 1, drawn(fit(training, splits, seed=0, device=plain), count)
    if device.bf16 and not case.regression:
        yield "single, bf16", 1, drawn(fit(training, splits, seed=0, device=device), count)
    members = [Member(training, splits, seed) for seed in range(most)]
    stacked = fit_together(members, device=plain)
    yield f"stack of {most}", most, drawn(stacked, most * count)
    if device.bf16 and not case.regression:
        stacked = fit_together(members, device=device)
        yield f"stack of {most}, bf16", most, drawn(stacked, most * count)


def drawn(epochs: Generator[object, None, object], count: int) -> Turns:
    """Return what takes one epoch from a training."""

    def turn() -> int:
        next(epochs)
        return count

    return turn


def usual(case: Case, splits: Splits) -> Turns:
    """Return an epoch as tutorials write it."""
    model = case.recipe.model.build(splits.shape, splits.outputs)
    optimizer = optim.Adam(model.parameters(), lr=case.recipe.optimizer.lr)
    size = case.recipe.batch_size or len(splits.train.index)
    train, validation = (dataset(view, splits) for view in (splits.train, splits.validation))
    learned = DataLoader(train, batch_size=size, shuffle=True)
    checked = DataLoader(validation, batch_size=size)

    def judge(scores: Tensor, targets: Tensor) -> Tensor:
        if case.regression:
            return functional.mse_loss(scores.squeeze(1), targets)
        return functional.cross_entropy(scores, targets)

    def turn() -> int:
        torch.set_num_threads(THREADS)
        total = 0.0
        model.train()
        for inputs, targets in learned:
            optimizer.zero_grad()
            loss = judge(model(inputs), targets)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            for inputs, targets in checked:
                total += judge(model(inputs), targets).item()
        torch.set_num_threads(1)
        return len(splits.train.index)

    return turn


def dataset(view: View, splits: Splits) -> Dataset[tuple[Tensor, int]] | TensorDataset:
    """Return the examples of a view as PyTorch's tutorials hold them."""
    if splits.task == "classification":
        return Pictures(view, splits)
    inputs = (np.asarray(view.part.inputs)[view.index] - np.array(splits.mean)) / np.array(
        splits.std
    )
    targets = np.asarray(view.part.targets)[view.index]
    return TensorDataset(torch.tensor(inputs, dtype=torch.float32), torch.tensor(targets))


def figures(case: Case, splits: Splits, device: Device, rounds: int) -> list[Figure]:
    """Return what every way reached, a round after the other."""
    tried = list(ways(case, splits, device, rounds))
    rates: list[list[float]] = [[] for _ in tried]
    for number in range(rounds + 1):
        for (_, _, turn), mine in zip(tried, rates, strict=True):
            began = time.perf_counter()
            count = turn()
            if number:
                mine.append(count / (time.perf_counter() - began))
    return [
        Figure(case.name, way, members, tuple(mine))
        for (way, members, _), mine in zip(tried, rates, strict=True)
    ]


def table(reached: list[Figure]) -> list[str]:
    """Return the figures as Markdown, each beside the usual loop of its case."""
    usually = {each.case: each.median for each in reached if each.way == "usual loop"}
    rows = [
        f"| {each.case} | {each.way} | {each.median:,.0f} | {min(each.rates):,.0f} to "
        f"{max(each.rates):,.0f} | {each.median / usually[each.case]:.1f} |"
        for each in reached
    ]
    head = "| training | way | examples a second | over the rounds | times the usual loop |"
    return [head, "|:--|:--|--:|--:|--:|", *rows]


def main() -> None:
    """Measure every case, print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="few examples, two rounds")
    quick = parser.parse_args().quick
    load, device = os.getloadavg(), probe("cpu")
    rounds = QUICK_ROUNDS if quick else ROUNDS
    reached: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(quick=quick):
            print(case.name, file=sys.stderr)
            data = open_data(case.source, Path(folder), silent)
            splits = split(data, validation=0.1, subset=None, seed=0)
            reached += figures(case, splits, device, rounds)
    machine = {**environment(device), "threads_of_the_usual_loop": THREADS, "load": load}
    print("\n".join(table(reached)))
    print(f"\n{machine['cpu']}, torch {machine['torch']}, load {load[0]:.1f} at the start")
    plain = [
        {"case": f.case, "way": f.way, "members": f.members, "median": f.median, "rates": f.rates}
        for f in reached
    ]
    text = json.dumps({"machine": machine, "rounds": rounds, "figures": plain}, indent=2)
    (HERE / "throughput.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
