"""Search quality against the clock of trainings, this tool's search and its peers' side by side.

    pip install '.[benchmarks]'
    python -m benchmarks.search --lcbench FOLDER

FOLDER holds YAHPO's LCBench surrogate: model.onnx and encoding.json of its data (Apache-2.0). Every
search is a line of the file of results; what stands there is not searched again, so a run that was
interrupted goes on, and more seeds are added to those that there are. `--table` searches nothing:
it prints the tables of what there is and draws the picture.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from benchmarks.search.cell import CONTESTANTS, Cell, quiet, searched
from benchmarks.search.settings import SETTINGS

RESULTS = Path(__file__).parent.with_name("search.jsonl")
PICTURE = Path(__file__).parents[2] / "docs" / "search-quality.png"


def main() -> None:
    """Search what is missing, or write up what there is."""
    asked = _asked()
    if asked.table:
        _show(asked.results)
        return
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
    spawn = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(asked.processes, spawn, quiet) as pool,
        asked.results.open("a") as results,
    ):
        ahead = [pool.submit(searched, cell, asked.lcbench) for cell in missing]
        for k, found in enumerate(as_completed(ahead), start=1):
            results.write(json.dumps(found.result()) + "\n")
            results.flush()
            if k % 50 == 0:
                print(f"{k} of {len(missing)}", flush=True)


def _show(results: Path) -> None:
    from benchmarks.search import picture, summary  # seaborn is not needed where it is searched

    found = summary.frame(known(results).values())
    for name, of in found.groupby("setting", sort=False):
        setting = SETTINGS[str(name)]
        seeds = of.groupby("contestant")["seed"].nunique()
        print(f"\n## {name}: {of['task'].nunique()} tasks, {seeds.min()} to {seeds.max()} seeds\n")
        print(summary.table(of, setting.read_at))
    picture.draw(found, PICTURE)


def known(results: Path) -> dict[Cell, dict[str, Any]]:
    """Return the searches that stand in a file of results."""
    lines = results.read_text().splitlines() if results.exists() else []
    found = [json.loads(line) for line in lines]
    return {Cell(f["setting"], f["contestant"], f["task"], f["seed"]): f for f in found}


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--lcbench", type=Path, help="folder of the surrogate")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--table", action="store_true", help="write up what there is")
    asked = parser.parse_args()
    if not asked.table and not (asked.lcbench and (asked.lcbench / "model.onnx").is_file()):
        parser.error("--lcbench must name a folder with model.onnx and encoding.json")
    return asked


if __name__ == "__main__":
    # One thread each, set before any library reads it.
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    main()
