"""What one trial costs the coordinator, in a storage that holds many trials already.

A SQLite file is filled with finished trials of `studies/mnist_mlp.py`: random configurations with
made-up curves of ten epochs, of which successive halving would have pruned two thirds. Beside 0,
100, 280 and 1,000 of them, trials are asked for, ten epochs of each are reported, and they are
told, as a coordinator does it: two at a time, and 64 at a time, which a stack of tiny networks asks
for. No network is trained. Every part is timed, in milliseconds a trial:

    python -m benchmarks.coordinator [--quick]

It prints a table, and writes `coordinator.json` beside itself. CPU time is that of the process,
with one thread; the wall time has the disk's in it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import optuna
import torch
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from nia_optuna.branches import random_answer
from nia_optuna.load import load
from nia_optuna.parameter import Parameter
from nia_optuna.record import TrialAttr
from nia_optuna.search.asked import Open
from nia_optuna.search.distributions import distribution
from nia_optuna.search.environment import environment
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.protocol import Finished
from nia_optuna.search.pruner import pruner_of
from nia_optuna.search.sampler import UnionSampler, derived_seed
from nia_optuna.search.sole_writer import SoleWriter
from nia_optuna.search.storage import open_storage
from nia_optuna.space import Space
from nia_optuna.study import Study, check_space
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch

HERE = Path(__file__).parent
STUDY = HERE.parent / "studies" / "mnist_mlp.py"
# Up to 300 finished trials a Gaussian process proposes, beyond them TPE.
SIZES, QUICK_SIZES = (0, 100, 280, 1000), (0, 100)
TOGETHER = {2: 20, 64: 64}  # trials at a time: trials measured
QUICK_TOGETHER = {2: 4, 8: 8}
EPOCHS = 10


@dataclass
class Clock:
    """Adds up the seconds of every part: those of the processor, and those on the wall."""

    cpu: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    wall: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what is spent within to a part."""
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            self.cpu[name] += time.process_time() - cpu
            self.wall[name] += time.perf_counter() - wall


def curve(params: Mapping[str, Any], number: int) -> list[float]:
    """Return validation accuracies that a configuration might have: a hill, and noise."""
    rng = random.Random(number)  # noqa: S311
    rate = math.log10(next(v for k, v in params.items() if k.endswith(".lr")))
    peak = 0.5 if params["optimizer"] == "sgd" else 3.0
    end = 0.98 - 0.02 * (rate + peak) ** 2 - 0.03 * params["dropout"]
    noise = [rng.gauss(0, 0.002) for _ in range(EPOCHS)]
    return [end * (1 - 0.2 * math.exp(-(k + 1) / 2)) + e for k, e in enumerate(noise)]


def epochs(values: Sequence[float]) -> list[Epoch]:
    """Return the epochs of a training that ended with the last of these accuracies."""
    return [
        Epoch(
            number=k + 1,
            train={"loss": 1 - value, "accuracy": value},
            validation={"loss": 1 - value, "accuracy": value},
            lr=1e-3,
            seconds=0.03,
            last=k + 1 == len(values),
        )
        for k, value in enumerate(values)
    ]


def ended(study: Study, union: Mapping[str, Parameter], number: int) -> FrozenTrial:
    """Return a trial as the ledger leaves it, one of three complete."""
    rng = random.Random(number)  # noqa: S311
    drawn = {name: random_answer(rng)(p) for name, p in union.items()}
    space = Space(lambda parameter: drawn[parameter.name])
    study(space)
    values = curve(space.values, number)
    pruned = number % 3 > 0
    told = epochs(values)[: 3 if pruned else EPOCHS]
    return create_trial(
        state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
        value=values[len(told) - 1] if pruned else max(values),
        params=space.values,
        distributions={name: distribution(union[name]) for name in space.values},
        user_attrs={
            TrialAttr.DRAWN: drawn,
            TrialAttr.SEED: derived_seed(study.seed, number),
            TrialAttr.EPOCHS: EPOCHS,
            TrialAttr.CURVE: [epoch.plain() for epoch in told],
            TrialAttr.SECONDS: 0.03 * len(told),
            TrialAttr.STOPPED: "pruned" if pruned else "epochs",
            TrialAttr.WORKER: 0,
        },
        system_attrs={"completed_rung_0": values[2]},
        intermediate_values={epoch.number: epoch.metric("accuracy") for epoch in told},
    )


class TimedSampler(UnionSampler):
    """The sampler of a study, its proposals timed."""

    clock: Clock

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Return a value for every parameter."""
        with self.clock.part("proposal"):
            return super().sample_relative(study, trial, search_space)


@dataclass(frozen=True)
class Figure:
    """Milliseconds a trial, by part, beside so many finished trials, so many at a time."""

    finished: int
    together: int
    cpu: Mapping[str, float]
    wall: Mapping[str, float]


def lives(ledger: Ledger, clock: Clock, together: int) -> None:
    """Ask for trials, report their epochs and tell them, as a coordinator does."""
    with clock.part("ask"):
        asked = ledger.ask_many(together)
    running = [opened for opened in asked if isinstance(opened, Open)]
    curves = {o.run: epochs(curve(o.trial.params, o.run.trial)) for o in running}
    for k in range(EPOCHS):
        with clock.part("epochs"):
            stopped = ledger.report_all([(o, curves[o.run][k]) for o in running])
        for opened in running:
            last = k + 1 == EPOCHS
            if opened.run not in stopped and not last:
                continue
            with clock.part("end"):
                if last:
                    ledger.complete(opened, Finished(opened.run, EPOCHS, "epochs", 101_770))
                else:
                    ledger.prune(opened)
            with clock.part("count"):
                ledger.best(), ledger.finished(), ledger.missing()
        running = [o for o in running if o.run not in stopped]


def figure(study: Study, runs: Path, finished: int, together: int, trials: int) -> Figure:
    """Return what a trial costs in the storage under `runs`."""
    union = check_space(study)
    sampler, clock = TimedSampler(union, study.seed), Clock()
    sampler.clock = clock
    storage = open_storage(None, runs, create=True)
    stored = optuna.load_study(
        study_name=study.name,
        storage=SoleWriter(storage),
        sampler=sampler,
        pruner=pruner_of(study.pruner, study.budget.epochs),
    )
    ledger = Ledger(study, stored)
    ledger.trials()  # they are read once a run
    rounds = trials // together
    for _ in range(rounds):
        lives(ledger, clock, together)
    storage.engine.dispose()
    each = 1000 / (rounds * together)
    cpu, wall = ({k: t * each for k, t in times.items()} for times in (clock.cpu, clock.wall))
    return Figure(finished, together, cpu, wall)


def fill(study: Study, runs: Path, numbers: range) -> None:
    """Add finished trials to the storage under `runs`."""
    union = check_space(study)
    storage = open_storage(None, runs, create=True)
    stored = optuna.create_study(
        study_name=study.name, storage=storage, direction="maximize", load_if_exists=True
    )
    stored.add_trials([ended(study, union, number) for number in numbers])
    storage.engine.dispose()


def table(figures: Sequence[Figure]) -> list[str]:
    """Return the figures as Markdown."""
    names = "finished trials", "at a time", "ask", "of it the proposal", "epochs", "end", "count"
    head = f"| {' | '.join(names)} | CPU in all | wall in all |"
    rows = [
        f"| {f.finished:,} | {f.together} | {f.cpu['ask']:.1f} | {f.cpu['proposal']:.1f} "
        f"| {f.cpu['epochs']:.1f} | {f.cpu['end']:.1f} | {f.cpu['count']:.1f} "
        f"| {total(f.cpu):.1f} | {total(f.wall):.1f} |"
        for f in figures
    ]
    return [head, "|--:|" + "--:|" * 8, *rows]


def total(parts: Mapping[str, float]) -> float:
    """Return the sum of the parts; the proposal is a part of asking."""
    return sum(time for name, time in parts.items() if name != "proposal")


def main() -> None:
    """Measure beside every number of finished trials, print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="fewer finished trials")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study, load_now = load(str(STUDY)), os.getloadavg()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        filled, before = Path(folder) / "filled", 0
        for size in QUICK_SIZES if quick else SIZES:
            fill(study, filled, range(before, size))
            before = size
            if not figures:  # what is loaded once a process, a Gaussian process included
                figure(study, shutil.copytree(filled, Path(folder) / "loaded"), size, 2, 24)
            for together, trials in (QUICK_TOGETHER if quick else TOGETHER).items():
                print(f"{size} finished trials, {together} at a time", file=sys.stderr)
                runs = Path(folder) / f"{size}-{together}"
                shutil.copytree(filled, runs)
                figures.append(figure(study, runs, size, together, trials))
    machine = {**environment(Device("cpu")), "load": load_now}
    print("\n".join(table(figures)))
    print(
        f"\nmilliseconds a trial; {machine['cpu']}, Optuna {machine['optuna']}, "
        f"load {load_now[0]:.1f} at the start"
    )
    text = json.dumps({"machine": machine, "figures": [asdict(f) for f in figures]}, indent=2)
    file = HERE / ("coordinator-quick.json" if quick else "coordinator.json")
    file.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
