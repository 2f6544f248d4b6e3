from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nia_optuna.data import (
    NAMES,
    DataError,
    ImageFolder,
    Resized,
    Synthetic,
    check_source,
    default_data_dir,
    known_data,
    open_data,
    task_of,
)


def test_importing_the_room_imports_no_heavy_library() -> None:
    code = "import sys, nia_optuna.data; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "torchvision", "sklearn", "PIL", "pandas"} & set(run.stdout.split())


@pytest.mark.parametrize("name", NAMES)
def test_every_known_name_is_a_source(name: str) -> None:
    check_source(name)


def test_a_folder_and_values_are_sources(tmp_path: Path) -> None:
    check_source(str(tmp_path))
    check_source(ImageFolder(tmp_path))
    check_source(Synthetic())


def test_a_misspelt_name_is_refused_with_the_near_one_and_all_known_ones() -> None:
    with pytest.raises(DataError, match="did you mean 'cifar10'") as caught:
        check_source("CIFAR-10")
    assert all(name in str(caught.value) for name in NAMES)


@pytest.mark.parametrize("source", ["no/such/folder", "", "\0", "~nobody-here/x", 7, None])
def test_what_is_no_source_is_refused_in_one_line(source: object) -> None:
    with pytest.raises(DataError) as caught:
        check_source(source)
    assert "\n" not in str(caught.value)


def test_a_missing_image_folder_is_refused_by_path(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="absent"):
        check_source(ImageFolder(tmp_path / "absent"))


def test_what_is_to_be_learnt_is_told_by_the_source_alone() -> None:
    tasks = {name: task_of(name) for name in NAMES}
    assert {name for name, task in tasks.items() if task == "regression"} == {"boston_housing"}
    elsewhere = ("no/such/folder", ImageFolder("absent"), Synthetic(), Resized("cifar10", 28))
    assert {task_of(source) for source in elsewhere} == {"classification"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"classes": 1}, "classes=1 must be a whole number of at least 2"),
        ({"classes": "4"}, "classes='4' must be a whole number"),
        ({"train": 2}, "must each hold a picture of every class"),
        ({"train": 10.5}, "train=10.5 must be a whole number"),
        ({"test": None}, "test=None must be a whole number"),
        ({"shape": (8, 8)}, r"shape=\(8, 8\) must be \(channels, height, width\)"),
        ({"shape": (0, 8, 8)}, "shape="),
        ({"shape": (1, 2.5, 3)}, r"shape=\(1, 2.5, 3\) must be"),
        ({"shape": 8}, "shape=8 must be"),
        ({"seed": -1}, "seed=-1 must be a whole number of at least 0"),
        ({"seed": "x"}, "seed='x' must be a whole number"),
        ({"noise": -1.0}, "noise=-1.0 must not be negative"),
        ({"noise": np.inf}, "noise=inf must be a finite number"),
        ({"noise": "loud"}, "noise='loud' must be a finite number"),
    ],
)
def test_impossible_synthetic_data_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        Synthetic(**settings)  # type: ignore[arg-type]


def test_equal_image_folders_are_equal_whatever_their_spelling() -> None:
    assert ImageFolder("x", size=8) == ImageFolder(Path("x"), size=(8, 8))
    for size in (0, (2.5, 3), "ab", True, (8,)):
        with pytest.raises(DataError, match=r"size=.* must be a height and a width"):
            ImageFolder("x", size=size)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="'merged' or 'in turn'"):
        ImageFolder("x", shards="shuffled")  # type: ignore[arg-type]


def test_the_environment_names_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NIA_OPTUNA_DATA", str(tmp_path))
    assert default_data_dir() == tmp_path
    monkeypatch.delenv("NIA_OPTUNA_DATA")
    assert default_data_dir().name == "nia-optuna"


def test_synthetic_data_can_be_learnt(tmp_path: Path) -> None:
    data = open_data(Synthetic(shape=(3, 10, 9), classes=5), tmp_path)
    assert data.shape == (3, 10, 9)
    train, test = (
        part.inputs.astype(float).reshape(len(part), -1) for part in (data.train, data.test)
    )
    means = np.stack([train[data.train.targets == label].mean(0) for label in range(5)])
    nearest = ((test[:, None] - means) ** 2).sum(-1).argmin(1)
    assert (nearest == data.test.targets).mean() > 0.95


def test_synthetic_data_depend_on_their_seed_alone(tmp_path: Path) -> None:
    first, again, other = (
        open_data(Synthetic(seed=seed), tmp_path).fingerprint for seed in (0, 0, 1)
    )
    assert first == again != other
    assert open_data("synthetic", tmp_path).fingerprint == first
    assert not list(tmp_path.iterdir()), "made in memory, nothing is written"


@pytest.mark.usefixtures("offline")
def test_digits_are_there_without_any_network(tmp_path: Path) -> None:
    data = open_data("digits", tmp_path / "data")
    assert (len(data.train), len(data.test), data.shape) == (1437, 360, (1, 8, 8))
    assert data.train.inputs.max() == 255
    assert np.bincount(data.test.targets).min() >= 34
    assert "stratified" in data.origin


def test_known_data_are_listed_without_fetching_any(tmp_path: Path) -> None:
    before = {known.name: known for known in known_data(tmp_path)}
    assert tuple(before) == NAMES
    assert before["digits"].present == "disk"
    assert before["cifar10"].present is None
    opened = open_data("digits", tmp_path)
    after = {known.name: known for known in known_data(tmp_path)}["digits"]
    assert (after.present, after.examples) == ("cache", 1797)
    assert after.fingerprint == opened.fingerprint
