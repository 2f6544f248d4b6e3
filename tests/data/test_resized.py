from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nia_optuna.data import (
    DataError,
    DataSet,
    ImageFolder,
    Part,
    Resized,
    Synthetic,
    check_source,
    open_data,
    silent,
)
from nia_optuna.data.resizing import resize


def test_every_picture_gets_the_size_and_keeps_its_class(tmp_path: Path) -> None:
    whole, small = (open_data(source, tmp_path) for source in ("digits", Resized("digits", 5)))
    assert small.shape == (1, 5, 5)
    assert (small.name, small.classes) == ("digits at 5x5", whole.classes)
    assert np.array_equal(small.train.targets, whole.train.targets)
    assert np.array_equal(small.test.targets, whole.test.targets)
    with_pillow = Image.fromarray(whole.test.inputs[359, 0]).resize(
        (5, 5), Image.Resampling.BILINEAR
    )
    assert np.array_equal(small.test.inputs[359, 0], np.asarray(with_pillow))
    assert small.fingerprint != whole.fingerprint


@pytest.mark.parametrize("size", [(28, 28), (32, 20), (40, 32), (7, 65), (1, 1), (32, 32)])
def test_the_numbers_are_those_of_pillow_on_each_whole_picture(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (600, 3, 32, 32), np.uint8)
    part = Part(pixels, np.zeros(600, np.int64))
    small = resize(DataSet(("0", "1"), part, part), size, silent).test.inputs
    for picture, found in zip(pixels, small, strict=True):
        image = Image.fromarray(picture.transpose(1, 2, 0))
        expected = image.resize(size[::-1], Image.Resampling.BILINEAR)
        assert np.array_equal(found, np.asarray(expected).transpose(2, 0, 1))


def test_colours_are_resized_as_pillow_does_the_whole_picture(
    pictures: Path, tmp_path: Path
) -> None:
    data = open_data(Resized(str(pictures), (3, 9)), tmp_path)
    assert data.validation is not None
    assert (data.shape, len(data.train), len(data.validation)) == ((3, 3, 9), 10, 4)
    with Image.open(pictures / "test" / "001_dog" / "000.png") as image:
        wide = np.asarray(image.resize((9, 3), Image.Resampling.BILINEAR))
    assert np.array_equal(data.test.inputs[1], wide.transpose(2, 0, 1))


def test_it_is_done_once_and_told(tmp_path: Path) -> None:
    said: list[tuple[str, float | None]] = []
    first = open_data(Resized("digits", 5), tmp_path, lambda *words: said.append(words))
    told = [fraction for text, fraction in said if text == "digits: resizing"]
    assert told == sorted(told, key=float)  # type: ignore[arg-type]
    assert told[-1] == 1.0
    said.clear()
    again = open_data(Resized("digits", 5), tmp_path, lambda *words: said.append(words))
    assert (again.fingerprint, said) == (first.fingerprint, [])
    other = open_data(Resized("digits", 6), tmp_path)
    assert other.fingerprint != first.fingerprint


def test_sizes_are_equal_whatever_their_spelling() -> None:
    assert Resized("digits", 5) == Resized("digits", (5, 5))
    assert Resized("digits", 5).resized == (5, 5)


@pytest.mark.parametrize(
    ("source", "size", "words"),
    [
        (ImageFolder("x"), 8, "use ImageFolder's own size"),
        (Synthetic(), 8, "give Synthetic the shape"),
        (Resized("digits", 4), 8, "a name or a folder as text"),
        ("boston_housing", 8, "boston_housing has no pictures to resize"),
        ("digits", 0, "size=0 must be"),
        ("digits", (8,), r"size=\(8,\) must be"),
        ("digits", "8x8", "size='8x8' must be"),
    ],
)
def test_what_cannot_be_resized_is_refused_in_one_line(source: str, size: int, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        Resized(source, size)
    assert "\n" not in str(caught.value)


def test_a_misspelt_name_is_refused_as_it_is_without_a_size() -> None:
    check_source(Resized("cifar10", 28))
    with pytest.raises(DataError, match="did you mean 'cifar10'"):
        check_source(Resized("CIFAR-10", 28))


@pytest.mark.slow
def test_sixty_thousand_pictures_take_seconds() -> None:
    train, test = (
        Part(np.zeros((count, 3, 32, 32), np.uint8), np.zeros(count, np.int64))
        for count in (50_000, 10_000)
    )
    began = time.perf_counter()
    small = resize(DataSet(("0", "1"), train, test), (28, 28), silent)
    assert time.perf_counter() - began < 60
    assert (small.train.inputs.shape, len(small.test)) == ((50_000, 3, 28, 28), 10_000)
