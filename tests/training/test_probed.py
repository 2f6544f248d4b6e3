"""What was measured once is remembered, for the same hardware and the same PyTorch."""

import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest
import torch

from nia_optuna.training import hardware
from nia_optuna.training import probed as module
from nia_optuna.training.device import Device
from nia_optuna.training.probed import FILE, probed

FAST = Device("cpu", bf16=True, channels_last=True)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every device that was measured, in turn."""
    seen: list[str] = []

    def probe(name: str) -> Device:
        seen.append(name)
        return FAST

    monkeypatch.setattr(module, "probe", probe)
    return seen


def test_the_second_time_nothing_is_measured(tmp_path: Path, measured: list[str]) -> None:
    folder = tmp_path / "not there yet"
    first = probed("cpu", folder)
    assert first.device == FAST
    assert probed("cpu", folder) == first
    assert measured == ["cpu"]


@pytest.mark.parametrize("changed", ["processor", "torch"])
def test_on_other_hardware_or_with_another_torch_it_is_measured_again(
    tmp_path: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    probed("cpu", tmp_path)
    if changed == "torch":
        monkeypatch.setattr(torch, "__version__", "another")
    else:
        monkeypatch.setattr(hardware, "processor", lambda: "another")
    probed("cpu", tmp_path)
    assert measured == ["cpu", "cpu"]
    monkeypatch.undo()
    assert len(json.loads((tmp_path / FILE).read_text())) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cpu": 1}', "\x00"])
def test_a_file_that_says_nothing_is_written_anew(
    tmp_path: Path, measured: list[str], text: str
) -> None:
    (tmp_path / FILE).write_text(text)
    assert probed("cpu", tmp_path).device == FAST
    assert probed("cpu", tmp_path).device == FAST
    assert measured == ["cpu"]


def test_a_folder_that_cannot_be_written_is_done_without(
    tmp_path: Path, measured: list[str]
) -> None:
    (tmp_path / "file").touch()
    assert probed("cpu", tmp_path / "file").device == FAST
    assert measured == ["cpu"]


@pytest.mark.usefixtures("measured")
def test_what_a_killed_run_left_of_the_file_goes_when_it_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probed("cpu", tmp_path)
    whole = (tmp_path / FILE).read_bytes()
    monkeypatch.setattr(torch, "__version__", "another")
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        killed = multiprocessing.get_context("fork").Process(target=probed, args=("cpu", tmp_path))
        killed.start()
        killed.join()
    assert killed.exitcode == -signal.SIGKILL
    (left,) = set(tmp_path.iterdir()) - {tmp_path / FILE}
    assert (tmp_path / FILE).read_bytes() == whole
    probed("cpu", tmp_path)
    assert left.exists()  # another run may be writing it
    os.utime(left, (0, 0))
    monkeypatch.setattr(torch, "__version__", "a third")
    probed("cpu", tmp_path)
    assert list(tmp_path.iterdir()) == [tmp_path / FILE]
