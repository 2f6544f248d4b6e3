from __future__ import annotations

import time
from pathlib import Path

import pytest

from nia_optuna.data import DataError, silent
from nia_optuna.data.watched import run_watched


def run(folder: Path, script: str, patience: float = 60.0) -> list[float | None]:
    said: list[float | None] = []
    run_watched(
        ("sh", "-c", script),
        folder,
        text="fetching",
        expected=100,
        say=lambda _, fraction: said.append(fraction),
        patience=patience,
    )
    return said


def test_the_growing_folder_is_the_progress(tmp_path: Path) -> None:
    said = run(tmp_path, "mkdir deep; printf %050d 0 > deep/file; sleep 0.6; printf %0100d 0 > two")
    assert said[0] == 0.0
    assert 0.5 in said


def test_a_download_that_stalls_is_ended_with_its_children(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(DataError, match="nothing arrived"):
        run(tmp_path, "(sleep 1; touch late) & sleep 30", patience=0.3)
    assert time.monotonic() - began < 5
    time.sleep(1)
    assert not (tmp_path / "late").exists()


def test_a_failure_is_the_line_that_says_why_without_a_password(tmp_path: Path) -> None:
    script = "echo fetching; echo 'error: no https://me:canary@mirror/x'; echo see the log; exit 3"
    with pytest.raises(DataError) as caught:
        run(tmp_path, script)
    assert str(caught.value) == "no https://***@mirror/x"


def test_a_silent_failure_is_its_exit_status(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="ended with 4"):
        run(tmp_path, "exit 4")


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no-such-program is not installed"):
        run_watched(("no-such-program",), tmp_path, text="", expected=1, say=silent)
