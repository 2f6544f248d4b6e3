"""How many trainings a machine takes at once, and on which devices."""

from dataclasses import replace
from pathlib import Path

import pytest

from nia_optuna.cli.machine import machine_of as machine
from nia_optuna.load import load
from nia_optuna.training import device, hardware, memory, probed
from nia_optuna.training.device import Device
from nia_optuna.training.probed import Probed

GIB = 2**30
DIGITS = "studies/digits_mlp.py"
NOWHERE = Path("nowhere")


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen cores and two GPUs, of which the second one has less memory left."""
    free = {"cuda:0": 70 * GIB, "cuda:1": 10 * GIB}
    monkeypatch.setattr(device, "devices", lambda _: ("cuda:0", "cuda:1"))
    measured = Device("cuda:0", bf16=True)
    monkeypatch.setattr(
        probed, "probed", lambda name, _: Probed(replace(measured, name=name), "today")
    )
    monkeypatch.setattr(memory, "free_bytes", free.__getitem__)
    monkeypatch.setattr(memory, "free_cache", lambda _: None)
    monkeypatch.setattr(hardware, "cores", lambda: 16)


@pytest.mark.usefixtures("two_gpus")
def test_gpus_share_the_trainings_evenly_as_memory_allows() -> None:
    used = machine("cuda", "auto", load(DIGITS), NOWHERE)
    assert [each.name for each in used.devices] == ["cuda:0", "cuda:1"] * 3
    assert {(each.threads, each.bf16) for each in used.devices} == {(2, True)}


@pytest.mark.usefixtures("two_gpus")
def test_a_number_of_workers_is_spread_over_the_gpus() -> None:
    used = machine("cuda", "5", load(DIGITS), NOWHERE)
    assert [each.name for each in used.devices] == ["cuda:0", "cuda:1"] * 2 + ["cuda:0"]
    assert not used.inline
    assert machine("cuda", "0", load(DIGITS), NOWHERE).inline


def test_a_cpu_has_a_training_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probed, "probed", lambda name, _: Probed(Device(name), "today"))
    monkeypatch.setattr(hardware, "cores", lambda: 3)
    used = machine("cpu", "auto", load(DIGITS), NOWHERE)
    assert used.devices == (Device("cpu"),) * 3
