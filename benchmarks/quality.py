"""Whether bfloat16 and stacks cost accuracy: the same trainings in every way, over seeds.

Three networks on 10,000 pictures of MNIST or CIFAR-10, each trained with the same seeds alone in
float32, alone in bfloat16, stacked in float32 and stacked in bfloat16: bfloat16 where `probe` finds
it faster, stacks where networks can be stacked. A training's figure is the validation accuracy of
its best epoch, on 5,000 pictures that are the same for all. Each way is compared with float32 alone
in pairs, by the seed: the mean difference and its 95 % interval by Student's t. An interval that
holds 0 shows no difference; its ends say how large a loss could have been missed.

    python -m benchmarks.quality [--quick]

It trains with one process a core and one thread each, prints a table, and writes `quality.json`
beside itself.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from scipy import stats

from nia_optuna.architectures import CNN, MLP, LeNet
from nia_optuna.data import Splits, default_data_dir, open_data, silent, split
from nia_optuna.optimizer import Adam
from nia_optuna.recipe import Recipe
from nia_optuna.search.environment import environment
from nia_optuna.training import precision
from nia_optuna.training.device import Device, probe
from nia_optuna.training.fit import Fitted, fit
from nia_optuna.training.hardware import cores
from nia_optuna.training.stacked.fit import Member, fit_together
from nia_optuna.training.stacked.size import most_together
from nia_optuna.training.training import Training

HERE = Path(__file__).parent
SEEDS, QUICK_SEEDS = 8, 3
PICTURES, QUICK_PICTURES = 10_000, 1_000
VALIDATION = 5_000
REFERENCE = "float32, alone"
precision.SHORT_STEP = 0  # bfloat16 where it is compared, short steps or not


@dataclass(frozen=True)
class Case:
    """One training, by the name that the table gives it."""

    name: str
    source: str
    training: Training


@dataclass(frozen=True)
class Work:
    """Seeds to train a case with in one way: alone, one after the other, or in one stack."""

    case: Case
    way: str
    device: Device
    seeds: tuple[int, ...]
    pictures: int
    stacked: bool


@dataclass(frozen=True)
class Compared:
    """How a way's accuracies differ from those of the reference, in pairs by the seed."""

    case: str
    way: str
    mean: float
    difference: float
    low: float
    high: float

    @property
    def agrees(self) -> bool:
        """Whether the interval holds 0."""
        return self.low <= 0 <= self.high


def cases(*, quick: bool) -> list[Case]:
    """Return what is trained, what takes longest first."""

    def training(recipe: Recipe, epochs: int) -> Training:
        return Training(recipe, epochs=1 if quick else epochs)

    lenet = training(Recipe(LeNet(), Adam(), batch_size=64), 5)
    plain = training(Recipe(CNN(), Adam(), batch_size=64), 3)
    perceptron = training(Recipe(MLP((128,)), Adam(), batch_size=64), 5)
    return [
        Case("CNN of four blocks, CIFAR-10", "cifar10", plain),
        Case("LeNet, CIFAR-10", "cifar10", lenet),
        Case("LeNet, MNIST", "mnist", lenet),
        Case("MLP 784-128-10, MNIST", "mnist", perceptron),
    ]


@cache
def splits_of(source: str, pictures: int) -> Splits:
    """Return the pictures to learn from and those to validate on, in this process once."""
    data = open_data(source, default_data_dir(), silent)
    return split(data, validation=VALIDATION, subset=pictures, seed=0)


def work(case: Case, device: Device, seeds: Sequence[int], pictures: int) -> list[Work]:
    """Return every way to train a case, the reference first, in parts that may run side by side."""
    plain = replace(device, bf16=False)
    parts: list[Work] = []
    for number, its in (("float32", plain), ("bfloat16", device)):
        if its.bf16 != (number == "bfloat16"):
            continue
        parts += [Work(case, f"{number}, alone", its, (k,), pictures, stacked=False) for k in seeds]
        most = most_together(case.training.recipe, splits_of(case.source, pictures), its)
        if most > 1:
            stacks = [tuple(seeds[k : k + most]) for k in range(0, len(seeds), most)]
            parts += [
                Work(case, f"{number}, stacked", its, s, pictures, stacked=True) for s in stacks
            ]
    return parts


def trained(part: Work) -> dict[int, float]:
    """Return the accuracy of every seed."""
    splits = splits_of(part.case.source, part.pictures)
    if part.stacked:
        members = [Member(part.case.training, splits, seed) for seed in part.seeds]
        together = fit_together(members, device=part.device)
        while True:
            try:
                next(together)
            except StopIteration as end:
                return dict(zip(part.seeds, map(accuracy, end.value), strict=True))
    return {seed: alone(part, splits, seed) for seed in part.seeds}


def alone(part: Work, splits: Splits, seed: int) -> float:
    """Return the accuracy of one seed."""
    epochs = fit(part.case.training, splits, seed=seed, device=part.device)
    while True:
        try:
            next(epochs)
        except StopIteration as end:
            return accuracy(end.value)


def accuracy(end: object) -> float:
    """Return the validation accuracy of the best epoch; none of these trainings may diverge."""
    assert isinstance(end, Fitted), end
    return end.best.metric("accuracy")


def compared(reached: Mapping[tuple[str, str], Mapping[int, float]]) -> list[Compared]:
    """Return every way beside the reference of its case, which differs by 0 from itself."""
    found = []
    for (case, way), values in reached.items():
        reference = reached[case, REFERENCE]
        gains = [values[seed] - reference[seed] for seed in reference]
        mean, count = statistics.fmean(gains), len(gains)
        spread = statistics.stdev(gains) / math.sqrt(count)
        half = float(stats.t.ppf(0.975, count - 1)) * spread
        accuracies = statistics.fmean(values.values())
        found.append(Compared(case, way, accuracies, mean, mean - half, mean + half))
    return found


def table(found: Sequence[Compared], spreads: Mapping[str, float]) -> list[str]:
    """Return the comparisons as Markdown, accuracies and differences in percent."""
    head = "| training | way | accuracy | less float32 alone | 95 % interval | width | verdict |"
    rows = []
    for each in found:
        row = f"| {each.case} | {each.way} | {100 * each.mean:.2f} |"
        if each.way == REFERENCE:
            rows.append(f"{row} | | | deviation over seeds {100 * spreads[each.case]:.2f} |")
            continue
        interval = f"{100 * each.low:+.2f} to {100 * each.high:+.2f}"
        verdict = "no difference shown: interval holds 0" if each.agrees else "differs"
        width = 100 * (each.high - each.low)
        rows.append(f"{row} {100 * each.difference:+.2f} | {interval} | {width:.2f} | {verdict} |")
    return [head, "|:--|:--|--:|--:|--:|--:|:--|", *rows]


def main() -> None:
    """Train everything, print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="few pictures, seeds and epochs")
    quick = parser.parse_args().quick
    load, device = os.getloadavg(), probe("cpu")
    pictures = QUICK_PICTURES if quick else PICTURES
    seeds = range(QUICK_SEEDS if quick else SEEDS)
    parts = [p for case in cases(quick=quick) for p in work(case, device, seeds, pictures)]
    reached: dict[tuple[str, str], dict[int, float]] = {(p.case.name, p.way): {} for p in parts}
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(trained, part): part for part in parts}
        for number, future in enumerate(as_completed(futures), start=1):
            part = futures[future]
            reached[part.case.name, part.way] |= future.result()
            print(f"{number}/{len(parts)}: {part.case.name}, {part.way}", file=sys.stderr)
    found = compared(reached)
    spreads = {
        c: statistics.stdev(v.values()) for (c, way), v in reached.items() if way == REFERENCE
    }
    machine = {**environment(device), "load": load}
    print("\n".join(table(found, spreads)))
    others = [each for each in found if each.way != REFERENCE]
    differ = sum(not each.agrees for each in others)
    print(
        f"\nOver {len(seeds)} seeds on {pictures:,} pictures, {differ} of {len(others)} show a "
        "difference. The intervals of a training share float32's accuracies, and all share one "
        "cut; one in 20 misses 0 by chance."
    )
    print(f"{machine['cpu']}, torch {machine['torch']}, load {load[0]:.1f} at the start")
    figures = [
        {
            "case": each.case,
            "way": each.way,
            "accuracies": [reached[each.case, each.way][seed] for seed in seeds],
            "mean": each.mean,
            "difference": each.difference,
            "interval": [each.low, each.high],
            "agrees": each.agrees,
        }
        for each in found
    ]
    plain = {"machine": machine, "pictures": pictures, "seeds": len(seeds), "figures": figures}
    file = HERE / ("quality-quick.json" if quick else "quality.json")
    file.write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
