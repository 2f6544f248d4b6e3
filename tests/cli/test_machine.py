"""How many trainings a machine takes at once, and on which devices."""

import pytest

from nia_optuna.cli.run import _machine as machine
from nia_optuna.load import load
from nia_optuna.search import environment
from nia_optuna.training import device, memory
from nia_optuna.training.device import Device

GIB = 2**30
DIGITS = "studies/digits_mlp.py"


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen cores and two GPUs, of which the second one has less memory left."""
    free = {"cuda:0": 70 * GIB, "cuda:1": 10 * GIB}
    monkeypatch.setattr(device, "devices", lambda _: ("cuda:0", "cuda:1"))
    monkeypatch.setattr(device, "probe", lambda name: Device(name, bf16=True))
    monkeypatch.setattr(memory, "free_bytes", free.__getitem__)
    monkeypatch.setattr(memory, "free_cache", lambda _: None)
    monkeypatch.setattr(environment, "cores", lambda: 16)


@pytest.mark.usefixtures("two_gpus")
def test_gpus_share_the_trainings_evenly_as_memory_allows() -> None:
    used = machine("cuda", "auto", load(DIGITS))
    assert [each.name for each in used.devices] == ["cuda:0", "cuda:1"] * 3
    assert {(each.threads, each.bf16) for each in used.devices} == {(2, True)}


@pytest.mark.usefixtures("two_gpus")
def test_a_number_of_workers_is_spread_over_the_gpus() -> None:
    used = machine("cuda", "5", load(DIGITS))
    assert [each.name for each in used.devices] == ["cuda:0", "cuda:1"] * 2 + ["cuda:0"]
    assert not used.inline
    assert machine("cuda", "0", load(DIGITS)).inline


def test_a_cpu_has_a_training_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "probe", Device)
    monkeypatch.setattr(environment, "cores", lambda: 3)
    used = machine("cpu", "auto", load(DIGITS))
    assert used.devices == (Device("cpu"),) * 3
