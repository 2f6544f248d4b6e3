"""Beside ten thousand trials everything takes as long as its user may wait, and a run goes on.

Limits are held against the time of processors, and doubled: other tests may run beside this one,
and not every machine is as fast. `python -m benchmarks.load` has the figures.
"""

import json
import time
from pathlib import Path
from statistics import median

import pytest

from benchmarks.load.asking import asks
from benchmarks.load.filled import FILE, fill
from benchmarks.load.taken import nia_optuna
from nia_optuna.load import load
from nia_optuna.search.storage import open_storage
from tests.faults.runs import ran

FINISHED = 10_000
ASK, STATUS, REPORT = 2 * 0.5, 2 * 5.0, 2 * 30.0  # seconds


@pytest.mark.slow
def test_with_ten_thousand_trials_asks_status_and_report_keep_within_their_times(
    tmp_path: Path,
) -> None:
    words = [str(FILE), "--workers", "2", "--trials"]
    ran(tmp_path, *words, "2")
    storage = open_storage(None, tmp_path / "runs", create=False)
    fill(storage, load(str(FILE)), FINISHED)
    storage.engine.dispose()
    said = ran(tmp_path, *words, str(FINISHED + 2))
    assert f"{FINISHED} of {FINISHED + 2} trials done" in said
    assert "many: confirmation" in said

    shown = nia_optuna(tmp_path, "status")
    assert f"{FINISHED + 2}/{FINISHED + 2}" in shown.out
    assert shown.cpu < STATUS
    told = nia_optuna(tmp_path, "status", "--json")
    trials = json.loads(told.out)[0]["trials"]
    assert trials["complete"] + trials["pruned"] == FINISHED + 2
    assert told.cpu < STATUS

    report = nia_optuna(tmp_path, "report", "many")
    assert report.out.startswith("reports/many/README.md")
    assert report.err == ""
    lines = (tmp_path / "reports" / "many" / "trials.csv").read_text().splitlines()
    assert len(lines) == 1 + sum(trials.values())
    assert report.cpu < REPORT

    assert median(asks(tmp_path / "runs", None, 5, time.process_time)) < ASK
