"""What a GPU gains from replayed steps and from stacks, and what memory a stack takes.

Four trainings on made-up pictures, each in up to three ways: with steps that are issued one by one,
with steps replayed from a CUDA graph, and as a stack of several sizes up to the one that
`most_together` plans. A turn is one epoch with its pass over the validation examples; the training
examples of all members are counted, divided by the seconds of the whole turn. The first turn of
each way, in which a graph is captured, is dropped. Medians, smallest and largest of the others:

    python -m benchmarks.gpu [--quick] [--device cuda:0]

It prints a table, and writes `gpu.json` beside itself. Start it while nothing else uses the GPU.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from nia_optuna.architectures import CNN, MLP, LeNet
from nia_optuna.data import Splits, Synthetic, open_data, silent, split
from nia_optuna.optimizer import Adam
from nia_optuna.recipe import Recipe
from nia_optuna.search.environment import environment, precision
from nia_optuna.training.course import Fitted
from nia_optuna.training.device import Device, devices, probe
from nia_optuna.training.fit import fit
from nia_optuna.training.memory import free_cache
from nia_optuna.training.stacked.fit import Member, fit_together
from nia_optuna.training.stacked.size import most_together
from nia_optuna.training.training import Training

HERE = Path(__file__).parent
ROUNDS, QUICK_ROUNDS = 5, 2
EXAMPLES, FEW_EXAMPLES = 50_000, 5_000
GREY, COLOUR = (1, 28, 28), (3, 32, 32)
CASES = {
    "MLP 784-128-10, batch 64": (GREY, Recipe(MLP((128,)), Adam(), batch_size=64)),
    "MLP 784-128-10, batch 256": (GREY, Recipe(MLP((128,)), Adam(), batch_size=256)),
    "LeNet 3x32x32, batch 64": (COLOUR, Recipe(LeNet(), Adam(), batch_size=64)),
    "CNN 3x32x32, batch 64": (COLOUR, Recipe(CNN(), Adam(), batch_size=64)),
}
SIZES = (8, 64, 512)


@dataclass(frozen=True)
class Figure:
    """Training examples a second of one way to train a case, and the most bytes it took."""

    case: str
    way: str
    precision: str
    members: int
    rates: tuple[float, ...]
    bytes: int


def rates(epochs: Generator[object, None, object], count: int) -> tuple[list[float], object]:
    """Return the examples a second of all epochs but the first, and what the training ends in."""
    reached: list[float] = []
    while True:
        began = time.perf_counter()
        try:
            next(epochs)
        except StopIteration as end:
            return reached[1:], end.value
        reached.append(count / (time.perf_counter() - began))


def figures(
    case: str, recipe: Recipe, splits: Splits, device: Device, rounds: int
) -> Iterator[Figure]:
    """Yield what every way reaches, one after the other."""
    training, count = Training(recipe, epochs=rounds + 1), len(splits.train.index)
    cuda = device.name.startswith("cuda")

    def figure(way: str, members: int, epochs: Generator[object, None, object]) -> Figure:
        free_cache(device.name)
        if cuda:
            torch.cuda.reset_peak_memory_stats(device.name)
        reached, end = rates(epochs, members * count)
        taken = torch.cuda.max_memory_allocated(device.name) if cuda else 0
        if isinstance(end, Fitted):
            way = f"{way} ({end.best.path})"
        return Figure(case, way, precision(device), members, tuple(reached), taken)

    issued = replace(device, graphs=False)
    yield figure("issued", 1, fit(training, splits, seed=0, device=issued))
    if cuda:
        yield figure("replayed", 1, fit(training, splits, seed=0, device=device))
    most = most_together(recipe, splits, device)
    for size in sorted({size for size in SIZES if size <= most} | {most} - {1}):
        members = [Member(training, splits, seed) for seed in range(size)]
        yield figure(f"stack of {size}", size, fit_together(members, device=device))


def table(reached: list[Figure]) -> list[str]:
    """Return the figures as Markdown, each beside the issued steps of its case."""
    issued = {f.case: statistics.median(f.rates) for f in reversed(reached) if f.members == 1}
    rows = [
        f"| {f.case} | {f.way} | {f.precision} | {statistics.median(f.rates):,.0f} "
        f"| {min(f.rates):,.0f} to {max(f.rates):,.0f} "
        f"| {statistics.median(f.rates) / issued[f.case]:.1f} | {f.bytes / 2**20:,.0f} |"
        for f in reached
    ]
    head = "| training | way | precision | examples a second | over the rounds "
    return [f"{head}| times issued | MiB |", "|:--|:--|:--|--:|--:|--:|--:|", *rows]


def main() -> None:
    """Measure every case, print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="few examples, two rounds")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, or cpu to try it out")
    given = parser.parse_args()
    try:
        device = probe(devices(given.device)[0])
    except ValueError as error:
        parser.exit(1, f"{error}\n")
    # A capture that fails is a finding of its own: it ends the measurement.
    warnings.simplefilter("error", RuntimeWarning)
    rounds = QUICK_ROUNDS if given.quick else ROUNDS
    examples = FEW_EXAMPLES if given.quick else EXAMPLES
    reached: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        for case, (shape, recipe) in CASES.items():
            source = Synthetic(shape=shape, classes=10, train=examples, test=100)
            splits = split(
                open_data(source, Path(folder), silent), validation=0.1, subset=None, seed=0
            )
            for figure in figures(case, recipe, splits, device, rounds):
                print(figure.case, figure.way, file=sys.stderr)
                reached.append(figure)
    machine = environment(device)
    print("\n".join(table(reached)))
    print(f"\n{machine['device']}, {machine['cpu']}, torch {machine['torch']}")
    text = json.dumps({"machine": machine, "figures": list(map(asdict, reached))}, indent=2)
    if device.name.startswith("cuda"):
        (HERE / "gpu.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
