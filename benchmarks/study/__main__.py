"""How long a study takes until its best validation accuracy passes a target: four ways to search.

    pip install 'nia-optuna[benchmarks]'
    python -m benchmarks.study [--quick]

(1) Optuna's usual PyTorch loop (`usual.py`), (2) Ray Tune with ASHA and OptunaSearch
(`ray_tune.py`), (3) Keras Tuner's Hyperband (`keras_hyperband.py`) and (4) nia-optuna by its own
command line (`nia.py`) search the same space (`space.py`) over the same training and validation
pictures, with at most the same epochs a trial. All but Keras Tuner, which has no way to be given
one, begin with the same default configuration.

Each is a process of its own that searches without end and says every finished epoch; none knows the
target. This process starts them one after the other, reads one clock, and ends each at the first
epoch that reaches the target, or at the cap (`race.py`). The clock starts with the peer's process:
imports, start-up and the reading of pictures count. The pictures are decoded before. The cut into
training and validation pictures is part of the clock for nia-optuna alone. A repeat is a seed, of
cut, sampler and training; the order of the peers rotates from repeat to repeat. A peer that did not
reach the target counts as at least its cap (`table.py`).

Prints a table and writes `study.json` beside this folder; with `--quick`, MNIST once with a lower
cap, `study-quick.json`. Start it on a machine that does nothing else: the load before each run is
in the JSON.

The targets were chosen by the usual loop alone, with seeds that no repeat uses (`--pilot` runs it
again): PILOT_TEXT
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from benchmarks.study.examples import write_examples
from benchmarks.study.race import Epoch, PeerError, race
from benchmarks.study.space import MNIST_MLP, QUESTIONS, Question
from benchmarks.study.table import OURS, Run, run_of, table
from nia_optuna.search.environment import environment
from nia_optuna.training.device import probe

HERE = Path(__file__).parent
USUAL = "Optuna, usual loop"
PEERS = {
    USUAL: "usual",
    "Ray Tune, ASHA": "ray_tune",
    "Keras Tuner, Hyperband": "keras_hyperband",
    OURS: "nia",
}
NEEDED = {"ray": "ray", "keras": "keras", "keras_tuner": "keras-tuner"}
SEEDS, PILOT_SEEDS = (0, 1, 2), (100, 101, 102)
CAP, QUICK_CAP, PILOT_CAP = 200.0, 60.0, 300.0


def main() -> None:
    """Run the repeats, print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="MNIST, one repeat, a lower cap")
    parser.add_argument("--pilot", action="store_true", help="only how the usual loop comes along")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a peer is ended, too
    try:
        if given.pilot:
            pilot()
        else:
            measure(quick=given.quick)
    except PeerError as error:
        sys.exit(str(error))


def measure(*, quick: bool) -> None:
    """Run every peer with every seed; write the JSON after each run."""
    if missing := [name for module, name in NEEDED.items() if find_spec(module) is None]:
        sys.exit(f"{', '.join(missing)} missing: pip install 'nia-optuna[benchmarks]'")
    cap = QUICK_CAP if quick else CAP
    head = {"machine": machine(), "quick": quick, "questions": list(map(described, QUESTIONS))}
    file = HERE.with_name("study-quick.json" if quick else "study.json")
    runs: list[Run] = []
    noted: list[Mapping[str, object]] = []
    for question in (MNIST_MLP,) if quick else QUESTIONS:
        for repeat, seed in enumerate(SEEDS[:1] if quick else SEEDS):
            for peer in turned(list(PEERS), repeat):
                load = os.getloadavg()[0]
                epochs = raced(question, peer, seed, target=question.target, cap=cap)
                run = run_of(
                    epochs,
                    question=question.title,
                    peer=peer,
                    seed=seed,
                    target=question.target,
                    cap=cap,
                )
                runs.append(run)
                noted.append({**asdict(run), "load": load, "bests": bests(epochs)})
                text = json.dumps({**head, "runs": noted}, indent=2)
                file.write_text(text + "\n", encoding="utf-8")
    runs.sort(key=lambda run: list(PEERS).index(run.peer))  # stable: by question, then as PEERS
    print("\n".join(table(sorted(runs, key=lambda run: run.question, reverse=True))))


def pilot() -> None:
    """Print when the usual loop reached what, with seeds that no repeat uses."""
    for question in QUESTIONS:
        for seed in PILOT_SEEDS:
            epochs = raced(question, USUAL, seed, target=float("inf"), cap=PILOT_CAP)
            steps = ", ".join(f"{best:.4f} at {seconds:.0f} s" for seconds, best in bests(epochs))
            print(f"{question.title}, seed {seed}: {steps}", flush=True)


def raced(question: Question, peer: str, seed: int, *, target: float, cap: float) -> list[Epoch]:
    """Return the epochs of one peer, in folders that are gone afterwards."""
    print(f"{question.title}, seed {seed}, {peer}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        examples, scratch = Path(folder, "examples"), Path(folder, "scratch")
        examples.mkdir()
        scratch.mkdir()
        write_examples(question, seed, examples)
        command = [sys.executable, "-m", f"benchmarks.study.{PEERS[peer]}", question.name]
        command += ["--examples", str(examples), "--scratch", str(scratch), "--seed", str(seed)]
        return race(command, target=target, cap=cap, log=Path(folder, "log"))


def turned(peers: list[str], by: int) -> list[str]:
    """Return the peers with the first `by` behind the others."""
    return [*peers[by:], *peers[:by]]


def bests(epochs: list[Epoch]) -> list[tuple[float, float]]:
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
    """Return what is fixed about a question."""
    plain = asdict(question)
    return {name: value for name, value in plain.items() if name != "space"}


if __name__ == "__main__":
    main()
