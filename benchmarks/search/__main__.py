"""Search quality against the clock of trainings, this tool's search and its peers' side by side.

    pip install '.[benchmarks]'
    python -m benchmarks.search --lcbench FOLDER

FOLDER holds YAHPO's LCBench surrogate: model.onnx and encoding.json of its data (Apache-2.0). Every
search is a line of the file of results; what stands there is not searched again, so a run that was
interrupted goes on, and more seeds are added to those that there are. `--write` makes the table,
the picture and benchmarks/search.json of them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import multiprocessing
import os
import warnings
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.search.cell import CONTESTANTS, Cell, searched
from benchmarks.search.settings import SETTINGS


def main() -> None:
    """Search what is missing, or write up what there is."""
    asked = _asked()
    done = known(asked.results)
    cells = [
        Cell(setting, contestant, task, seed)
        for seed, setting, contestant in itertools.product(
            range(asked.seeds), asked.settings, asked.contestants
        )
        for task in SETTINGS[setting].tasks
    ]
    missing = [cell for cell in cells if cell not in done]
    print(f"{len(cells) - len(missing)} of {len(cells)} searches are there", flush=True)
    asked.results.parent.mkdir(parents=True, exist_ok=True)
    # Fresh processes with one thread each: peers leave threads and settings behind.
    context = multiprocessing.get_context("spawn")
    with context.Pool(asked.processes, _quiet) as pool, asked.results.open("a") as results:
        for k, found in enumerate(
            pool.imap_unordered(partial(searched, folder=asked.lcbench), missing), 1
        ):
            results.write(json.dumps(found) + "\n")
            results.flush()
            if k % 50 == 0:
                print(f"{k} of {len(missing)}", flush=True)


def known(results: Path) -> dict[Cell, dict[str, Any]]:
    """Return the searches that stand in a file of results."""
    lines = results.read_text().splitlines() if results.exists() else []
    found = [json.loads(line) for line in lines]
    return {Cell(f["setting"], f["contestant"], f["task"], f["seed"]): f for f in found}


def _quiet() -> None:
    import optuna  # here, because this runs in the processes that search

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--lcbench", type=Path, required=True, help="folder of the surrogate")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--results", type=Path, default=Path("search.jsonl"))
    return parser.parse_args()


if __name__ == "__main__":
    # One thread each, set before any library reads it.
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    main()
