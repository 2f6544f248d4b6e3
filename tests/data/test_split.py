from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nia_optuna.data import DataError, DataSet, ImageFolder, Synthetic, open_data, split


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return open_data("digits", tmp_path_factory.mktemp("data"))


def test_validation_is_cut_from_training_and_keeps_every_class_in_share(digits: DataSet) -> None:
    splits = split(digits, validation=0.2, subset=None, seed=3)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (1150, 287, 360)
    assert not set(splits.train.index) & set(splits.validation.index)
    both = np.concatenate([splits.train.index, splits.validation.index])
    assert np.array_equal(np.sort(both), np.arange(1437))
    share = np.bincount(splits.validation.labels) / np.bincount(digits.train.labels)
    assert np.allclose(share, 0.2, atol=0.01)


def test_the_test_part_is_never_touched(digits: DataSet) -> None:
    splits = split(digits, validation=0.2, subset=0.1, seed=3)
    assert splits.test.part is digits.test
    assert np.array_equal(splits.test.index, np.arange(360))


def test_the_same_seed_gives_the_same_split_and_another_another(digits: DataSet) -> None:
    first, again, other = (
        split(digits, validation=0.1, subset=0.5, seed=seed).train.index for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("subset", "kept"), [(0.25, 323), (1.0, 1293), (100, 100), (1293, 1293)])
def test_a_subset_is_a_share_or_a_count_of_the_training_pictures(
    digits: DataSet, subset: float, kept: int
) -> None:
    whole = split(digits, validation=0.1, subset=None, seed=0)
    small = split(digits, validation=0.1, subset=subset, seed=0)
    assert len(small.train) == kept
    assert set(small.train.index) <= set(whole.train.index)
    assert np.array_equal(small.validation.index, whole.validation.index)
    assert np.bincount(small.train.labels).min() >= kept // 10 - 4


def test_a_small_share_keeps_a_picture_of_every_class(digits: DataSet) -> None:
    small = split(digits, validation=0.1, subset=0.001, seed=0)
    assert np.bincount(small.train.labels).tolist() == [1] * 10


def test_mean_and_std_are_exactly_those_of_the_train_view(tmp_path: Path) -> None:
    data = open_data(Synthetic(shape=(3, 5, 4), train=3000), tmp_path)
    splits = split(data, validation=0.1, subset=None, seed=0)
    seen = data.train.pictures[splits.train.index] / 255
    assert np.allclose(splits.mean, seen.mean((0, 2, 3)), rtol=1e-12)
    assert np.allclose(splits.std, seen.std((0, 2, 3)), rtol=1e-12)
    assert (splits.shape, splits.classes) == ((3, 5, 4), 4)


def test_a_constant_channel_has_a_std_to_divide_by(digits: DataSet) -> None:
    black = DataSet(
        digits.classes,
        type(digits.train)(np.zeros_like(digits.train.pictures), digits.train.labels),
        digits.test,
    )
    assert split(black, validation=0.1, subset=None, seed=0).std == (1.0,)


def test_a_data_set_may_bring_its_own_validation(pictures: Path, tmp_path: Path) -> None:
    data = open_data(ImageFolder(pictures), tmp_path)
    splits = split(data, validation="own", subset=None, seed=0)
    assert splits.validation.part is data.validation
    assert (len(splits.train), len(splits.validation)) == (10, 4)


@pytest.mark.parametrize(
    ("validation", "subset", "words"),
    [
        ("own", None, "no validation part"),
        (0.001, None, "validation=0.001"),
        (0.999, None, "validation=0.999"),
        (0.1, 5, "subset=5"),
        (0.1, 2000, "1293 training pictures"),
        (0.1, 10.5, r"subset=10.5 must be a float, a share in \(0, 1\], or an int, a count"),
        (0.1, 100.0, "subset=100.0 must be"),
        (0.1, 0, "subset=0 must be"),
        (0.1, 1, "subset=1 of"),
    ],
)
def test_an_impossible_split_is_one_line(
    digits: DataSet, validation: float, subset: float | None, words: str
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        split(digits, validation=validation, subset=subset, seed=0)
    assert "\n" not in str(caught.value)


def test_a_class_with_one_picture_cannot_be_stratified(digits: DataSet) -> None:
    part = type(digits.train)(digits.train.pictures[:50], np.r_[np.zeros(49, np.int64), 1])
    with pytest.raises(DataError, match="class 1 has one picture"):
        split(DataSet(("0", "1"), part, digits.test), validation=0.2, subset=None, seed=0)
