"""Devices are named by the user and measured by the program."""

import pickle
import subprocess
import sys

import pytest
import torch

from nia_optuna.training import device as module
from nia_optuna.training.device import Device, devices, probe


def test_cpu_is_cpu() -> None:
    assert devices("cpu") == ("cpu",)


def test_auto_finds_something() -> None:
    assert devices("auto")


@pytest.mark.parametrize("option", ["gpu", "cpu:0", "mps:1", "", "cuda,1"])
def test_an_unknown_device_is_refused_with_the_known_ones(option: str) -> None:
    with pytest.raises(ValueError, match="is not one of auto, cpu, cuda, cuda:0,1 or mps"):
        devices(option)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
@pytest.mark.parametrize("option", ["cuda", "cuda:0", "cuda:0,1"])
def test_cuda_that_is_not_there_is_refused(option: str) -> None:
    with pytest.raises(ValueError, match="finds no CUDA device"):
        devices(option)


@pytest.mark.parametrize("option", ["cuda:0,9", "cuda:", "cuda:-1", "cuda:x"])
def test_devices_are_numbered_from_zero(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices("cuda") == devices("auto") == ("cuda:0", "cuda:1")
    assert devices("cuda:1,1") == ("cuda:1",)
    with pytest.raises(ValueError, match="is not one of 0 to 1"):
        devices(option)


def test_the_probe_measures_with_one_thread_and_leaves_no_trace() -> None:
    threads, drawn = torch.get_num_threads(), torch.random.get_rng_state()
    measured = probe("cpu")
    assert (measured.name, measured.threads) == ("cpu", 1)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), drawn)


def test_the_probe_is_not_misled_by_work_that_comes_and_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fast, calls = Device("cpu", bf16=True, channels_last=True), []

    def seconds(device: Device, limit: float) -> float:  # noqa: ARG001
        calls.append(device)
        busy = 20 if len(calls) in (4, 8, 9, 13) else 1  # other work had the core just then
        return busy * (0.5 if device == fast else 1.0)

    monkeypatch.setattr(module, "_step_seconds", seconds)
    assert probe("cpu") == fast


def test_a_device_travels_to_another_process() -> None:
    device = Device("cuda:1", bf16=True, channels_last=True, threads=2)
    assert pickle.loads(pickle.dumps(device)) == device  # noqa: S301  # our own bytes


def test_naming_devices_and_epochs_imports_no_torch() -> None:
    program = (
        "import sys\n"
        "import nia_optuna.training.epoch\n"
        "from nia_optuna.training.device import Device, devices\n"
        "Device(), devices('cpu')\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
