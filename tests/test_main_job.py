"""The main job, as a user runs it: real CIFAR-10, real processes, the report at the end."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import optuna
import pytest

ROOT = Path(__file__).parents[1]
GIB = 2**30


def program(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "nia_optuna", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in found for each in family(int(child)))]


def memory(pid: int) -> int:
    """Return the bytes that a process holds, its share of what it has in common counted once."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
def test_a_rehearsal_on_real_cifar_is_run_and_written_up_within_four_gibibytes(
    tmp_path: Path,
) -> None:
    study = str(ROOT / "studies" / "cifar_cnn.py")
    peak = 0
    ended = threading.Event()

    def watch(pid: int) -> None:
        nonlocal peak
        while not ended.wait(0.5):
            peak = max(peak, sum(map(memory, family(pid))))

    words = ["run", study, "--quick", "--trials", "3", "--epochs", "1", "--workers", "2", "--json"]
    with program(tmp_path, *words) as run:
        watching = threading.Thread(target=watch, args=(run.pid,))
        watching.start()
        out, err = run.communicate(timeout=600)
        ended.set()
        watching.join()
    assert run.returncode == 0, err
    summary = json.loads(out)
    assert summary["trials"]["complete"] + summary["trials"]["pruned"] == 3
    # Ten classes, one epoch on a tenth of the pictures: better than chance is what can be asked.
    assert summary["confirmed"]["test"]["mean"] > 0.2
    assert 0 < peak < 4 * GIB

    with program(tmp_path, "report") as report:
        out, err = report.communicate(timeout=120)
    assert report.returncode == 0, err
    written = tmp_path / "reports" / "cifar_cnn-quick"
    assert out == "reports/cifar_cnn-quick/README.md\n"
    assert json.loads((written / "summary.json").read_text()) == summary
    assert "Which plain CNN learns CIFAR-10 best" in (written / "README.md").read_text()

    plain = optuna.load_study(
        study_name="cifar_cnn-quick", storage=f"sqlite:///{tmp_path}/runs/studies.db"
    )
    assert len(plain.trials) == 3
