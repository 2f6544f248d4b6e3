"""How long a study takes until its best validation accuracy passes a target: four ways to search.

    pip install 'nia-optuna[benchmarks]'
    python -m benchmarks.study [--quick] [--repeats N]

(1) Optuna's usual PyTorch loop (`usual.py`), (2) Ray Tune with ASHA and OptunaSearch
(`ray_tune.py`), (3) Keras Tuner's Hyperband (`keras_hyperband.py`) and (4) nia-optuna by its own
command line (`nia.py`) search the same space (`space.py`) over the same training and validation
pictures, with at most the same epochs a trial. All but Keras Tuner, which has no way to be given
one, begin with the same default configuration.

Each is a process of its own that searches without end and says every finished epoch; none knows the
target. This process starts them one after the other, reads one clock, and ends each at the first
epoch that reaches the target, or at its cap (`race.py`). The clock starts with the peer's process:
imports, start-up and the reading of pictures count. The pictures were decoded before, and also cut
into training and validation pictures, which nia-optuna alone does again while its clock runs. A
repeat is a seed of cut, sampler and training, and every repeat has another order of the peers. What
did not reach the target counts as at least its cap (`table.py`).

The targets were set by the usual loop alone: `--pilot` sets them again (`pilot.py`). The
perceptrons are small, of up to three layers of 128, as in the studies by hand that this tool began
with: wide ones gain less, for their time is arithmetic and not the loop's.

What is compared are whole searches as they are usually written, not samplers: Optuna's loop and
Ray Tune read one picture after the other through a DataLoader, Keras Tuner arrays, all in float32;
nia-optuna keeps bytes in memory, trains in bfloat16 where that is faster, and remembers between
runs that it is. Keras draws first weights its own way. Targets are bests of many noisy measures, so
that whoever trains more also meets more luck.

Prints a table and writes `study.json` beside this folder; with `--quick`, MNIST once with a lower
cap, `study-quick.json`. Start it on a machine that does nothing else. The load in the JSON is that
of the last minute, so mostly that of the run before.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from benchmarks.study.pilot import FILE, pilot, targets
from benchmarks.study.race import Epoch, PeerError, race
from benchmarks.study.space import MNIST_MLP, QUESTIONS, Question
from benchmarks.study.table import OURS, Run, run_of, table
from nia_optuna.search.environment import environment
from nia_optuna.training.device import probe

HERE = Path(__file__).parent
PEERS = {
    "Optuna, usual loop": "usual",
    "Ray Tune, ASHA": "ray_tune",
    "Keras Tuner, Hyperband": "keras_hyperband",
    OURS: "nia",
}
NEEDED = {"ray": "ray", "keras": "keras", "keras_tuner": "keras-tuner"}
# Seconds. Of the others it is asked whether nia-optuna is ahead of them, of the usual loop how far.
CAPS = {peer: 600.0 if peer in ("Optuna, usual loop", OURS) else 200.0 for peer in PEERS}
QUICK_CAPS = dict.fromkeys(PEERS, 60.0)


def main() -> None:
    """Measure, or set the targets; mistakes are told in one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="MNIST, one repeat, a lower cap")
    parser.add_argument("--pilot", action="store_true", help="only set the targets anew")
    parser.add_argument("--repeats", type=int, default=3, help="how many, each with its seed")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a peer is ended, too
    if missing := [name for module, name in NEEDED.items() if find_spec(module) is None]:
        sys.exit(f"not installed: {', '.join(missing)}; pip install 'nia-optuna[benchmarks]'")
    try:
        if given.pilot:
            pilot(machine())
        elif not FILE.exists():
            sys.exit("no targets yet: python -m benchmarks.study --pilot")
        elif given.quick:
            measure((MNIST_MLP,), [0], QUICK_CAPS, HERE.with_name("study-quick.json"))
        else:
            measure(QUESTIONS, range(given.repeats), CAPS, HERE.with_name("study.json"))
    except PeerError as error:
        sys.exit(str(error))


def measure(
    questions: Sequence[Question], seeds: Sequence[int], caps: Mapping[str, float], file: Path
) -> None:
    """Run every peer with every seed; write the JSON after every run, and print the table."""
    asked = [{**described(each), "target": targets()[each.name]} for each in questions]
    hardware = machine()
    head = {"machine": hardware, "caps": caps, "questions": asked}
    runs: list[Run] = []
    noted: list[Mapping[str, object]] = []
    for repeat, seed in enumerate(seeds):
        for question in questions:
            target = targets()[question.name]
            for peer in turned(list(PEERS), repeat):
                print(f"{question.title}, seed {seed}, {peer}", file=sys.stderr, flush=True)
                load, cap = os.getloadavg()[0], caps[peer]
                epochs = race(question, PEERS[peer], seed, target=target, cap=cap)
                run = run_of(epochs, question.title, peer, seed, target=target, cap=cap)
                runs.append(run)
                noted.append({**asdict(run), "load": load, "bests": bests(epochs)})
                text = json.dumps({**head, "runs": noted}, indent=2)
                file.write_text(text + "\n", encoding="utf-8")
    print("\n".join(table(runs, [each.title for each in questions], list(PEERS))))
    print(f"\n{hardware['cpu']}, {hardware['cores']} cores; ≥: not reached within so many seconds")


def turned(peers: list[str], by: int) -> list[str]:
    """Return the peers with the first `by` behind the others."""
    return [*peers[by:], *peers[:by]]


def bests(epochs: Sequence[Epoch]) -> list[tuple[float, float]]:
    """Return the seconds and the accuracy of every epoch that was better than all before."""
    found: list[tuple[float, float]] = []
    for epoch in epochs:
        if not found or epoch.accuracy > found[-1][1]:
            found.append((round(epoch.seconds, 2), epoch.accuracy))
    return found


def machine() -> dict[str, str | int]:
    """Return the hardware and the versions of everything that is measured."""
    return {**environment(probe("cpu")), **{name: version(name) for name in NEEDED.values()}}


def described(question: Question) -> dict[str, object]:
    """Return what is fixed about a question, without its space."""
    return {name: value for name, value in asdict(question).items() if name != "space"}


if __name__ == "__main__":
    main()
