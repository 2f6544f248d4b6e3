"""A checkpoint is whole or not there."""

import stat
from pathlib import Path

import pytest
import torch

from nia_optuna.architectures import CNN, MLP
from nia_optuna.training.checkpoints import CheckpointError, load, save

MODEL = CNN(widths=(4,), hidden=(8,))


def test_weights_and_metadata_come_back(tmp_path: Path) -> None:
    saved = MODEL.build((3, 8, 8), 10).to(memory_format=torch.channels_last)
    save(tmp_path / "best.safetensors", saved, {"study": "digits"})
    loaded = MODEL.build((3, 8, 8), 10)
    assert load(tmp_path / "best.safetensors", loaded) == {"study": "digits"}
    for name, tensor in loaded.state_dict().items():
        assert torch.equal(tensor, saved.state_dict()[name])


def test_a_checkpoint_is_its_owners_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    save(path, MODEL.build((3, 8, 8), 10), {})
    save(path, MODEL.build((3, 8, 8), 10), {})
    assert list(tmp_path.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    save(path, MODEL.build((3, 8, 8), 10), {})
    before = path.read_bytes()
    with pytest.raises(TypeError):
        save(path, MODEL.build((3, 8, 8), 10), {"epoch": 3})  # type: ignore[dict-item]
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint at all", bytes(100)])
def test_a_broken_file_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "best.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="not a readable checkpoint") as caught:
        load(path, MODEL.build((3, 8, 8), 10))
    assert "\n" not in str(caught.value)


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    save(path, MODEL.build((3, 8, 8), 10), {})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="not a readable checkpoint"):
        load(path, MODEL.build((3, 8, 8), 10))


def test_the_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    save(path, MODEL.build((3, 8, 8), 10), {})
    with pytest.raises(CheckpointError, match=r"weights of another network$"):
        load(path, MLP().build((3, 8, 8), 10))


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        load(tmp_path / "best.safetensors", MODEL.build((3, 8, 8), 10))
