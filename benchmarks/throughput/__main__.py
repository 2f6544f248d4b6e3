"""How many training examples a second this machine learns from, and what makes it more.

Five trainings, each in several ways: the loop of a tutorial, a DataLoader over PIL pictures with
ToTensor and Normalize (over tensors where the examples are rows), with PyTorch's default number of
threads; `fit`; and, where the tool would stack them, `fit_together` with as many members as a stack
may hold; in float32 and, where `probe` finds bfloat16 faster, in that.

The last two have one thread. They are measured in one process, and in as many processes at once as
there are cores, spawned like the tool's trainers: those begin together, and what is counted is what
each learnt in a turn that fell into the time in which all worked.

A turn is one epoch with its pass over the validation examples (several where the data are few); the
training examples of all members are counted, divided by the seconds of the whole turn. Ways take
turns, so that work beside this one meets them all; the first turn of each is dropped. Figures are
medians, smallest and largest over the others; a ratio is taken within a round:

    python -m benchmarks.throughput [--quick]

It prints two tables, and writes `benchmarks/throughput.json`. Start it on a machine that does
nothing else: the load is in the JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.throughput.cases import CORES, USUAL, Case, cases
from benchmarks.throughput.figures import Figure, best, every, headlines
from benchmarks.throughput.usual import THREADS
from benchmarks.throughput.workers import Workers, workers
from nia_optuna.search.environment import environment
from nia_optuna.training.device import probe

HERE = Path(__file__).parent
ROUNDS, QUICK_ROUNDS = 7, 2


def measured(case: Case, team: Workers, folder: Path, rounds: int) -> list[Figure]:
    """Return what every way reached, a round after the other."""
    tried = [
        (number, name, members, processes)
        for number, (name, members) in enumerate(team.open(case, folder))
        for processes in dict.fromkeys((1, CORES))
        if name != USUAL or processes == 1  # it uses all cores as it is
    ]
    rates: list[list[float]] = [[] for _ in tried]
    for turn in range(rounds + 1):
        for (number, _, _, processes), mine in zip(tried, rates, strict=True):
            rate = team.turn(number, everyone=processes > 1)
            if turn:
                mine.append(rate)
    return [
        Figure(case.name, name, members, processes, tuple(mine))
        for (_, name, members, processes), mine in zip(tried, rates, strict=True)
    ]


def main() -> None:
    """Measure every case, print the tables and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="few examples, two rounds")
    quick = parser.parse_args().quick
    load, device = os.getloadavg(), probe("cpu")
    rounds = QUICK_ROUNDS if quick else ROUNDS
    reached: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, workers(device) as team:
        for case in cases(quick=quick):
            print(case.name, file=sys.stderr)
            reached += measured(case, team, Path(folder), rounds)
    machine = {
        **environment(device),
        "threads_of_the_usual_loop": THREADS,
        "load_at_the_start": load,
        "load_at_the_end": os.getloadavg(),
    }
    print("\n".join([*every(reached), "", *headlines(reached)]))
    print(f"\n{machine['cpu']}, {CORES} cores, torch {machine['torch']}, load {load[0]:.1f}")
    document = {
        "machine": machine,
        "rounds": rounds,
        "best": [asdict(each) for each in best(reached)],
        "figures": [{**asdict(each), "median": each.median} for each in reached],
    }
    file = HERE.with_name("throughput-quick.json" if quick else "throughput.json")
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
