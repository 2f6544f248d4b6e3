from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nia_optuna.data import DataError, ImageFolder, open_data, split


def refusal(source: str | ImageFolder, data_dir: Path) -> str:
    with pytest.raises(DataError) as caught:
        open_data(source, data_dir)
    assert "\n" not in str(caught.value)
    assert not list(data_dir.glob("cache/*/*")), "nothing is left behind"
    return str(caught.value)


def test_shards_are_merged_and_parts_are_kept_apart(pictures: Path, tmp_path: Path) -> None:
    data = open_data(ImageFolder(pictures, shards="merged"), tmp_path)
    assert data.validation is not None
    assert (len(data.train), len(data.validation), len(data.test)) == (10, 4, 2)
    assert data.classes == ("000_cat", "001_dog")
    assert (data.name, data.shape) == ("pictures", (3, 4, 6))
    assert data.train.targets.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 1, 1]


def test_shards_taken_in_turn_are_numbered_in_the_order_of_their_names(
    draw: Callable[..., None], pictures: Path, tmp_path: Path
) -> None:
    for name in ("000_cat", "001_dog"):
        draw(pictures / "train10" / name, 1)
    data = open_data(ImageFolder(pictures, shards="in turn"), tmp_path)
    again = open_data(ImageFolder(pictures, shards="in turn"), tmp_path)  # from the cache
    for opened in (data, again):
        assert opened.train.shards is not None
        assert opened.train.shards.tolist() == [0] * 6 + [1] * 4 + [2] * 2
        assert opened.test.shards is None
    merged = open_data(ImageFolder(pictures), tmp_path)
    assert merged.train.shards is None
    assert merged.fingerprint == data.fingerprint, "the pictures are the same"


def test_shards_stay_with_their_pictures_through_a_split(pictures: Path, tmp_path: Path) -> None:
    data = open_data(ImageFolder(pictures, shards="in turn"), tmp_path)
    train = split(data, validation=2, subset=None, seed=0).train
    assert train.shards is not None
    assert train.shards.tolist() == [int(place >= 6) for place in train.index]
    for shard, place in zip(("train1", "train2"), (0, 6), strict=True):
        with Image.open(pictures / shard / "000_cat" / "000.png") as image:
            assert np.array_equal(data.train.inputs[place], np.asarray(image).transpose(2, 0, 1))


def test_shards_may_lie_one_level_deeper(pictures: Path, tmp_path: Path) -> None:
    flat = open_data(ImageFolder(pictures, shards="in turn"), tmp_path)
    (pictures / "train").mkdir()
    for shard in ("train1", "train2"):
        (pictures / shard).rename(pictures / "train" / shard)
    deep = open_data(ImageFolder(pictures, shards="in turn"), tmp_path)
    assert deep.fingerprint == flat.fingerprint
    assert deep.train.shards is not None
    assert deep.train.shards.tolist() == [0] * 6 + [1] * 4


def test_classes_called_like_shards_are_classes(draw: Callable[..., None], tmp_path: Path) -> None:
    for name in ("train1", "train2"):
        draw(tmp_path / "trains" / "train" / name, 5)
    data = open_data(str(tmp_path / "trains"), tmp_path)
    assert data.classes == ("train1", "train2")


def test_a_folder_with_nothing_to_go_through_in_turn_is_refused(
    pictures: Path, tmp_path: Path
) -> None:
    (pictures / "train1").rename(pictures / "train")
    (pictures / "train2").rename(tmp_path / "elsewhere")
    said = refusal(ImageFolder(pictures, shards="in turn"), tmp_path)
    assert "has no shards train1, train2" in said
    assert "shards='merged'" in said


def test_pixels_are_those_of_the_files(pictures: Path, tmp_path: Path) -> None:
    data = open_data(str(pictures), tmp_path)
    with Image.open(pictures / "test" / "001_dog" / "000.png") as image:
        assert np.array_equal(data.test.inputs[1], np.asarray(image).transpose(2, 0, 1))


def test_one_folder_of_classes_has_a_stratified_fifth_cut_off(
    draw: Callable[..., None], tmp_path: Path
) -> None:
    for name, count in {"a": 10, "b": 20}.items():
        draw(tmp_path / "all" / name, count, mode="L")
    data = open_data(str(tmp_path / "all"), tmp_path)
    assert np.bincount(data.test.targets).tolist() == [2, 4]
    assert len(data.train) == 24
    assert data.shape == (1, 4, 6)
    assert "stratified fifth" in data.origin


def test_a_changed_picture_is_read_again(pictures: Path, tmp_path: Path) -> None:
    before = open_data(str(pictures), tmp_path).fingerprint
    assert open_data(str(pictures), tmp_path).fingerprint == before
    changed = pictures / "test" / "000_cat" / "000.png"
    Image.new("RGB", (6, 4)).save(changed)
    os.utime(changed, ns=(0, 1))
    assert open_data(str(pictures), tmp_path).fingerprint != before


def test_grey_among_coloured_pictures_becomes_colour(
    draw: Callable[..., None], pictures: Path, tmp_path: Path
) -> None:
    draw(pictures / "train3" / "000_cat", 1, mode="L")
    draw(pictures / "train3" / "001_dog", 1, mode="RGBA")
    assert open_data(str(pictures), tmp_path).train.inputs.shape == (12, 3, 4, 6)


def test_a_truncated_picture_is_named(pictures: Path, tmp_path: Path) -> None:
    broken = pictures / "train2" / "001_dog" / "001.png"
    os.truncate(broken, broken.stat().st_size - 40)
    assert str(broken) in refusal(str(pictures), tmp_path)


def test_a_file_that_is_no_picture_is_named(pictures: Path, tmp_path: Path) -> None:
    broken = pictures / "test" / "000_cat" / "x.png"
    broken.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 6 4\n")
    assert str(broken) in refusal(str(pictures), tmp_path)


def test_a_picture_of_another_size_is_named_with_the_fix(pictures: Path, tmp_path: Path) -> None:
    other = pictures / "test" / "000_cat" / "big.png"
    Image.new("RGB", (8, 8)).save(other)
    said = refusal(str(pictures), tmp_path)
    assert str(other) in said
    assert "size=(height, width)" in said
    data = open_data(ImageFolder(pictures, size=(5, 7)), tmp_path)
    assert data.shape == (3, 5, 7)


def test_deep_pictures_are_refused_rather_than_clipped(pictures: Path, tmp_path: Path) -> None:
    deep = pictures / "train1" / "000_cat" / "deep.png"
    Image.fromarray(np.full((4, 6), 40_000, np.uint16)).save(deep)
    assert str(deep) in refusal(str(pictures), tmp_path)


def test_a_class_without_pictures_is_named(pictures: Path, tmp_path: Path) -> None:
    (pictures / "train1" / "002_owl").mkdir()
    assert "002_owl" in refusal(str(pictures), tmp_path)


def test_a_class_that_only_the_test_part_knows_is_named(
    draw: Callable[..., None], pictures: Path, tmp_path: Path
) -> None:
    draw(pictures / "test" / "002_owl", 1)
    assert "002_owl" in refusal(str(pictures), tmp_path)


def test_a_single_class_is_refused(draw: Callable[..., None], tmp_path: Path) -> None:
    draw(tmp_path / "pictures" / "cat", 8)
    assert "'cat' is the only class" in refusal(str(tmp_path / "pictures"), tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no class folders" in refusal(str(tmp_path / "empty"), tmp_path)


def test_a_broken_link_is_named(pictures: Path, tmp_path: Path) -> None:
    link = pictures / "train1" / "000_cat" / "link.png"
    link.symlink_to(tmp_path / "absent.png")
    assert str(link) in refusal(str(pictures), tmp_path)


def test_a_pipe_is_named_and_not_waited_for(pictures: Path, tmp_path: Path) -> None:
    pipe = pictures / "train1" / "000_cat" / "pipe.png"
    os.mkfifo(pipe)
    assert f"{pipe} is no regular file" in refusal(str(pictures), tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_folder_is_named(pictures: Path, tmp_path: Path) -> None:
    forbidden = pictures / "train1" / "000_cat"
    forbidden.chmod(0)
    assert str(forbidden) in refusal(str(pictures), tmp_path)
    forbidden.chmod(0o700)


def test_hidden_files_and_notes_are_passed_over(pictures: Path, tmp_path: Path) -> None:
    (pictures / "train1" / ".cache").mkdir()
    (pictures / "train1" / "000_cat" / "notes.txt").write_text("cats")
    assert len(open_data(str(pictures), tmp_path).train) == 10
