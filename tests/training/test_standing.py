"""A training that goes on from where it was kept is the training that was never interrupted."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nia_optuna.architectures import CNN, MLP
from nia_optuna.data import Splits
from nia_optuna.decay import Plateau
from nia_optuna.optimizer import SGD, Adam, AdamW, Optimizer, RMSprop
from nia_optuna.recipe import Architecture, Recipe
from nia_optuna.training import standing
from nia_optuna.training.course import Fitted
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.fit import fit
from nia_optuna.training.stacked.loop import Member
from nia_optuna.training.stacked.stack import Stack
from nia_optuna.training.standing import Shelf
from nia_optuna.training.training import Training

CPU = Device()
MODEL = MLP((16, 16), dropout=0.2, batch_norm=True)
OPTIMIZERS: list[Optimizer] = [
    SGD(0.1),
    SGD(0.1, momentum=0.9, nesterov=True, l2=1e-3),
    Adam(3e-3, l2=1e-3),
    AdamW(3e-3, l2=1e-2),
    RMSprop(1e-3, momentum=0.5),
]


@pytest.fixture(autouse=True)
def always_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "WORTH_KEEPING", 0.0)
    monkeypatch.setattr(standing, "SHARE", math.inf)


def training(optimizer: Optimizer, model: Architecture = MODEL) -> Training:
    return Training(Recipe(model, optimizer, Plateau(patience=1), batch_size=50), epochs=5)


def trained(
    asked: Training,
    splits: Splits,
    shelf: Shelf | None = None,
    until: int | None = None,
    device: Device = CPU,
) -> tuple[list[Epoch], Fitted | None]:
    """Return the epochs, without their seconds, up to where the training is cut off."""
    epochs = fit(asked, splits, seed=3, device=device, shelf=shelf)
    seen: list[Epoch] = []
    while len(seen) != until:
        try:
            seen.append(replace(next(epochs), seconds=0.0))
        except StopIteration as end:
            return seen, end.value
    epochs.close()
    return seen, None


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_it_goes_on_to_the_last_bit(digits: Splits, tmp_path: Path, optimizer: Optimizer) -> None:
    asked, path = training(optimizer), tmp_path / "1-3.safetensors"
    whole, fitted = trained(asked, digits)
    begun, _ = trained(asked, digits, Shelf(path, "this"), until=3)
    again, gone_on = trained(asked, digits, Shelf(path, "this"))
    assert begun == whole[:3]
    assert again == whole
    assert fitted is not None
    assert gone_on is not None
    assert replace(gone_on.best, seconds=0.0) == replace(fitted.best, seconds=0.0)
    for mine, theirs in zip(gone_on.model.parameters(), fitted.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_what_a_stack_kept_goes_on_alone(digits: Splits, tmp_path: Path) -> None:
    asked = [training(Adam(3e-3, l2=1e-3)), training(Adam(1e-3))]
    shelves = [Shelf(tmp_path / f"{k}.safetensors", str(k)) for k in range(2)]
    stack = Stack(CPU)
    for shelf, each in zip(shelves, asked, strict=True):
        stack.join(Member(each, digits, 3, shelf))
    for _ in range(3):
        stack.epoch()
    for shelf, each in zip(shelves, asked, strict=True):
        whole, _ = trained(each, digits)
        again, _ = trained(each, digits, shelf)
        assert [epoch.path for epoch in again] == ["stack of 2"] * 3 + ["single"] * 2
        for mine, theirs in zip(again, whole, strict=True):
            assert mine.validation == pytest.approx(theirs.validation, rel=1e-4)


def test_a_network_in_another_memory_format_goes_on(tmp_path: Path, digits: Splits) -> None:
    asked, path = training(Adam(3e-3), CNN((4, 8))), tmp_path / "kept"
    last = Device(channels_last=True)
    whole, _ = trained(asked, digits, device=last)
    trained(asked, digits, Shelf(path, "this"), until=2, device=last)
    assert trained(asked, digits, Shelf(path, "this"), device=last)[0] == whole


def test_another_training_another_network_or_a_broken_file_is_as_good_as_nothing(
    digits: Splits, tmp_path: Path
) -> None:
    asked, path = training(SGD(0.1)), tmp_path / "kept"
    trained(asked, digits, Shelf(path, "this"), until=2)
    like = MODEL.build(digits.shape, digits.outputs).state_dict()
    other = MLP((16, 17), batch_norm=True).build(digits.shape, digits.outputs).state_dict()
    assert Shelf(path, "this").load(like) is not None
    assert Shelf(path, "that").load(like) is None
    assert Shelf(path, "this").load(other) is None
    path.write_bytes(path.read_bytes()[:100])
    assert Shelf(path, "this").load(like) is None
    path.unlink()
    assert Shelf(path, "this").load(like) is None


def test_where_nothing_can_be_kept_the_training_goes_on(digits: Splits, tmp_path: Path) -> None:
    asked = training(SGD(0.1))
    with pytest.warns(RuntimeWarning, match="cannot be kept"):
        seen, _ = trained(asked, digits, Shelf(tmp_path / "gone" / "kept", "this"))
    assert seen == trained(asked, digits)[0]


def test_it_is_kept_when_it_is_worth_it_and_never_after_its_end(
    digits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, path = training(SGD(0.1)), tmp_path / "kept"
    trained(asked, digits, Shelf(path, "this"))
    kept = load_file(path)
    assert {name.partition("/")[0] for name in kept} == {"weights", "best"}
    path.unlink()
    monkeypatch.setattr(standing, "WORTH_KEEPING", 3600.0)
    trained(asked, digits, Shelf(path, "this"), until=4)
    assert not path.exists()
