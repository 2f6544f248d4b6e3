"""How long a study takes until its best validation accuracy passes a target: four ways to search.

    pip install 'nia-optuna[benchmarks]'
    python -m benchmarks.study [--quick] [--repeats N]

(1) Optuna's usual PyTorch loop (`usual.py`), (2) Ray Tune with ASHA and OptunaSearch
(`ray_tune.py`), (3) Keras Tuner's Hyperband (`keras_hyperband.py`) and (4) nia-optuna by its own
command line (`nia.py`) search the same space (`space.py`) over the same training and validation
pictures, with at most the same epochs a trial. All but Keras Tuner, which has no way to be given
one, begin with the same default configuration.

Each is a process of its own that searches without end and says every finished epoch. This process
starts them one after the other, reads one clock, and ends the usual loop after a hundred epochs of
all its trials together, the others after some seconds (`Limits`, `race.py`). The clock starts with
the peer's process: imports, start-up and the reading of pictures count. The pictures were decoded
before, and also cut into training and validation pictures, which nia-optuna alone does again while
its clock runs. A repeat is a seed of cut, sampler and training, and every repeat has another order
of the peers.

The target of a repeat is set by the usual loop alone, in the other repeats: the median of the best
that it had come to there after its hundred epochs. So nobody's luck with a seed sets its own
target, and nobody knows it. Who did not reach it counts as at least the seconds it had
(`table.py`).

The perceptrons are small, of up to three layers of 128, as in the studies by hand that this tool
began with: wide ones gain less, for their time is arithmetic and not the loop's.

What is compared are whole searches as they are usually written, not samplers: Optuna's loop and
Ray Tune read one picture after the other through a DataLoader without worker processes, as
PyTorch's and Optuna's examples do, so that of the usual loop's two threads one mostly waits; Keras
Tuner reads arrays, all in float32;
nia-optuna keeps bytes in memory, trains in bfloat16 where that is faster, and remembers between
runs that it is. Keras draws first weights its own way. Targets are bests of many noisy measures, so
that whoever trains more also meets more luck.

Prints a table, which `--table` prints again, and writes `study.json` beside this folder, after
every run; the same command goes on where it was interrupted, or with more repeats, while code and
machine are the same. With `--quick`, MNIST twice with fewer epochs and seconds, `study-quick.json`.
Start it on a machine that does nothing else. The load in the JSON is that of the minute before, so
mostly of the run before.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nia_optuna
from benchmarks.study.race import PeerError, race
from benchmarks.study.space import MNIST_MLP, QUESTIONS, Question
from benchmarks.study.table import OURS, USUAL, Trace, table, traced
from nia_optuna.search.environment import environment
from nia_optuna.training.device import Device

HERE = Path(__file__).parent
PEERS = {
    USUAL: "usual",
    "Ray Tune, ASHA": "ray_tune",
    "Keras Tuner, Hyperband": "keras_hyperband",
    OURS: "nia",
}
NEEDED = {"ray": "ray", "keras": "keras", "keras_tuner": "keras-tuner"}
DAY = 86_400.0  # seconds; the usual loop ends by its epochs


@dataclass(frozen=True)
class Limits:
    """When a run ends: the usual loop by its epochs, the others by these seconds."""

    epochs: int
    ours: float
    peers: float

    def of(self, peer: str) -> tuple[float, int | None]:
        """Return the seconds and the epochs after which a peer is ended."""
        if peer == USUAL:
            return DAY, self.epochs
        return (self.ours if peer == OURS else self.peers), None


WHOLE, QUICK = Limits(epochs=100, ours=75.0, peers=100.0), Limits(epochs=12, ours=20.0, peers=20.0)


def main() -> None:
    """Measure; mistakes are told in one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="MNIST, two short repeats")
    parser.add_argument("--table", action="store_true", help="only print what was measured")
    parser.add_argument("--repeats", type=int, default=3, help="how many, each with its seed")
    given = parser.parse_args()
    whole, quick = HERE.with_name("study.json"), HERE.with_name("study-quick.json")
    if given.table:
        say(json.loads((quick if given.quick else whole).read_text(encoding="utf-8")))
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a peer is ended, too
    if missing := [name for module, name in NEEDED.items() if find_spec(module) is None]:
        sys.exit(f"not installed: {', '.join(missing)}; pip install 'nia-optuna[benchmarks]'")
    if given.repeats < 2:  # noqa: PLR2004  # a target comes from another repeat
        sys.exit("a target comes from another repeat: --repeats 2 at least")
    try:
        if given.quick:
            measure((MNIST_MLP,), range(2), QUICK, quick)
        else:
            measure(QUESTIONS, range(given.repeats), WHOLE, whole)
    except PeerError as error:
        sys.exit(str(error))


def measure(
    questions: Sequence[Question], seeds: Sequence[int], limits: Limits, file: Path
) -> None:
    """Run every peer with every seed that `file` has not; write it after each; print the table."""
    head = {
        "machine": machine(),
        "code": code(),
        "limits": asdict(limits),
        "questions": [described(each) for each in questions],
    }
    runs = known(file, head)
    for repeat, seed in enumerate(seeds):
        for question in questions:
            for peer in turned(list(PEERS), repeat):
                if any(run.about == (question.title, peer, seed) for run in runs):
                    continue
                print(f"{question.title}, seed {seed}, {peer}", file=sys.stderr, flush=True)
                load = os.getloadavg()[0]
                cap, most = limits.of(peer)
                epochs = race(question, PEERS[peer], seed, cap=cap, most=most)
                runs.append(traced(epochs, question.title, peer, seed, cap=cap, load=load))
                text = json.dumps({**head, "runs": [asdict(run) for run in runs]}, indent=2)
                file.write_text(text + "\n", encoding="utf-8")
    say(json.loads(file.read_text(encoding="utf-8")))


def say(measured: Mapping[str, Any]) -> None:
    """Print what a file of runs says."""
    runs = [Trace(**each) for each in measured["runs"]]
    print("\n".join(table(runs, [each["title"] for each in measured["questions"]], list(PEERS))))
    print(f"\n{measured['machine']}; ≥: not reached within so many seconds")


def known(file: Path, head: Mapping[str, object]) -> list[Trace]:
    """Return the runs in a file that was measured by the same code on the same machine.

    Ends the program where the file is of other code, another machine or other limits.
    """
    if not file.exists():
        return []
    made = json.loads(file.read_text(encoding="utf-8"))
    runs = made.pop("runs", [])
    if made != json.loads(json.dumps(head)):
        sys.exit(f"{file.name} was measured by other code or elsewhere: move it away first")
    return [Trace(**each) for each in runs]


def turned(peers: list[str], by: int) -> list[str]:
    """Return the peers with the first `by` behind the others."""
    by %= len(peers)
    return [*peers[by:], *peers[:by]]


def machine() -> dict[str, str | int]:
    """Return the hardware and the versions of everything that is measured."""
    # Without the precision, which nia-optuna chooses by a measurement of its own.
    here = {name: it for name, it in environment(Device()).items() if name != "precision"}
    return {**here, **{name: version(name) for name in NEEDED.values()}}


def code() -> str:
    """Return a digest of the files that are measured: the package's, and this benchmark's."""
    folders = (Path(nia_optuna.__file__).parent, HERE)
    files = sorted(file for folder in folders for file in folder.rglob("*.py"))
    return hashlib.sha256(b"\n".join(file.read_bytes() for file in files)).hexdigest()


def described(question: Question) -> dict[str, object]:
    """Return what is fixed about a question, without its space."""
    return {name: value for name, value in asdict(question).items() if name != "space"}


if __name__ == "__main__":
    main()
