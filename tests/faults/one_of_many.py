"""One of several coordinators on a database, as a process: `python -m … URL FOLDER LEASE`."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import optuna

from nia_optuna.search.run import Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.search.watch import Advanced, Event
from tests.search.small import INLINE, small

TRIALS = 20
study = replace(small, sampler="random", budget=replace(small.budget, trials=TRIALS))


def watch(event: Event) -> None:
    """Say what happens, and let no epoch be too fast to be stopped in."""
    sys.stdout.write(f"{event}\n")
    sys.stdout.flush()
    if isinstance(event, Advanced):
        time.sleep(0.05)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    url, folder, lease = sys.argv[1:]
    place = Place(Runs(Path(folder) / "runs"), Path(folder) / "data", url, lease=float(lease))
    run(study, place, INLINE, watch)
