"""Questions to a storage when all is over: is it whole, and do the commands read it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.soak.audit import FINISHED, Evidence
from benchmarks.soak.coordinator import ROOT
from benchmarks.soak.ordeal import Place
from nia_optuna.artifact_store import UNFINISHED
from nia_optuna.search.address import sqlite_file


def integrity(url: str) -> str:
    """Return what SQLite says of its file, "ok" where it is whole; of a server "not asked"."""
    file = sqlite_file(url)
    if file is None:
        return "not asked"
    address = f"{file.resolve().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
        rows = connection.execute("PRAGMA integrity_check").fetchall()
    return "; ".join(row[0] for row in rows)


def leftovers(place: Place) -> list[Path]:
    """Return the files that a killed writer has not finished and nobody has swept.

    Artifacts are left out: who writes the next one sweeps what is older than an hour.
    """
    files = [file for file in (place.folder / "runs").rglob(".*") if file.is_file()]
    return [file for file in files if not file.name.startswith(UNFINISHED)]


def refusals(place: Place, studies: Sequence[Evidence]) -> list[str]:
    """Let `status` and `report` read every study; return a sentence for each that they cannot."""
    where = ["--storage", place.url, "--runs-dir", str(place.folder / "runs")]
    told = _program("status", "--json", *where)
    if told.returncode:
        return [f"status ended with exit code {told.returncode}: {told.stderr}"]
    counts = {each["study"]: each["trials"] for each in json.loads(told.stdout)}
    refused = [
        f"status says of {each.study}: {counts.get(each.study)}"
        for each in studies
        if not _agrees(counts.get(each.study, {}), each)
    ]
    reports = place.folder / "reports"
    written = _program("report", "--reports-dir", str(reports), *where)
    if written.returncode:
        refused.append(f"report ended with exit code {written.returncode}: {written.stderr}")
    return refused + [
        f"report has written nothing of {each.study}"
        for each in studies
        if not Path(reports / each.study / "README.md").is_file()
    ]


def _agrees(counts: dict[str, int], evidence: Evidence) -> bool:
    finished = counts.get("complete", 0) + counts.get("pruned", 0)
    return finished == evidence.count(*FINISHED) and counts.get("running") == 0


def _program(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nia_optuna", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # ours
