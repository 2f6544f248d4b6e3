"""How long commands and the dashboard take beside a study of 10,000 finished trials.

`nia-optuna run` begins the study of `many.py` with two real trials; `filled.py` adds the others to
the storage, a SQLite file, and where a URL is given, to an empty PostgreSQL database as well. Timed
are whole processes with their start-up: `status`, `report`, and `run` for two trials more; an ask
in a process that has read the study; and what a browser asks the dashboard for:

    python -m benchmarks.load [--storage URL] [--quick]

It prints a table, and writes `benchmarks/load.json`. Start it on a machine that does nothing else:
the load is in the JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import optuna
import torch

from benchmarks.load.asking import asks
from benchmarks.load.browsing import dashboard, get, known
from benchmarks.load.filled import FILE, fill
from benchmarks.load.taken import Figure, each, nia_optuna, run
from nia_optuna.load import load
from nia_optuna.search.environment import environment
from nia_optuna.search.storage import open_storage
from nia_optuna.training.device import Device

HERE = Path(__file__).parent
FINISHED, QUICK_FINISHED = 10_000, 1_000
TIMES = 3
ASKS = 9
# Seconds that the case of 10,000 trials allows.
LIMITS = {"ask": 0.5, "status": 5.0, "report": 30.0}


def measured(folder: Path, url: str | None, finished: int) -> Iterator[Figure]:
    """Yield the figures of one storage."""
    name = "PostgreSQL" if url else "SQLite"
    there = ["--storage", url] if url else []
    study = [str(FILE), "--workers", "2", *there]
    run(folder, *study, "--trials", "2")
    storage, made_up = open_storage(url, folder / "runs", create=True), load(str(FILE))
    yield Figure(name, "making the trials up", each(lambda: fill(storage, made_up, finished), 1))
    storage.engine.dispose()
    went = [run(folder, *study, "--trials", str(finished + 2 * k)) for k in range(1, TIMES + 1)]
    yield Figure(name, "run: until the study is open", [each.opened for each in went])
    yield Figure(name, "run: until its first trial has ended", [each.first for each in went])
    yield Figure(name, "run: two trials more and the confirmation", [each.whole for each in went])
    for what, words in (
        ("status", ["status"]),
        ("status --json", ["status", "--json"]),
        ("report", ["report", "many"]),
    ):
        taken = [nia_optuna(folder, *words, *there).wall for _ in range(TIMES)]
        yield Figure(name, what, taken, LIMITS.get(what))
    yield from _browsed(name, folder, there)
    yield Figure(name, "ask", asks(folder / "runs", url, ASKS), LIMITS["ask"])


def _browsed(name: str, folder: Path, there: Sequence[str]) -> Iterator[Figure]:
    with dashboard(folder, *there) as server:
        whole = "/api/studies/1"
        get(server, "/api/studies")
        yield Figure(name, "dashboard: the study", each(lambda: get(server, whole), TIMES))
        after = f"{whole}?after={known(get(server, whole))}"
        yield Figure(name, "dashboard: what is new", each(lambda: get(server, after), TIMES))
        important = f"{whole}/param_importances"
        yield Figure(name, "dashboard: importances", each(lambda: get(server, important), 1))


def table(figures: Sequence[Figure]) -> list[str]:
    """Return the figures as Markdown."""
    rows = [
        f"| {f.storage} | {f.what} | {f.median:.2f} | {min(f.seconds):.2f} to {max(f.seconds):.2f} "
        f"| {'' if f.limit is None else f'{f.limit:g}'} |"
        for f in figures
    ]
    head = "| storage | what | seconds, median | all times | at most |"
    return [head, "|:--|:--|--:|--:|--:|", *rows]


def main() -> None:
    """Measure in every storage, print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--storage", help="URL of an empty PostgreSQL database, to measure too")
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    finished, before = QUICK_FINISHED if asked.quick else FINISHED, os.getloadavg()
    figures: list[Figure] = []
    for url in (None, asked.storage) if asked.storage else (None,):
        with tempfile.TemporaryDirectory() as folder:
            for figure in measured(Path(folder), url, finished):
                print(f"{figure.storage}: {figure.what}: {figure.median:.2f} s", file=sys.stderr)
                figures.append(figure)
    machine = {
        **environment(Device("cpu")),
        "load_at_the_start": before,
        "load_at_the_end": os.getloadavg(),
    }
    print("\n".join(table(figures)))
    print(
        f"\n{finished:,} finished trials; {machine['cpu']}, {machine['cores']} cores, "
        f"Optuna {machine['optuna']}, load {before[0]:.1f} at the start"
    )
    document = {
        "machine": machine,
        "finished_trials": finished,
        "figures": [{**asdict(figure), "median": figure.median} for figure in figures],
    }
    file = HERE.with_name("load-quick.json" if asked.quick else "load.json")
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
