from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from nia_optuna.data import DataError, DataSet, ImageFolder, Part, Synthetic, open_data, split
from nia_optuna.data.cuts import stratified


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> DataSet:
    return open_data("digits", tmp_path_factory.mktemp("data"))


def test_validation_is_cut_from_training_and_keeps_every_class_in_share(digits: DataSet) -> None:
    splits = split(digits, validation=0.2, subset=None, seed=3)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (1150, 287, 360)
    assert not set(splits.train.index) & set(splits.validation.index)
    both = np.concatenate([splits.train.index, splits.validation.index])
    assert np.array_equal(np.sort(both), np.arange(1437))
    share = np.bincount(splits.validation.targets) / np.bincount(digits.train.targets)
    assert np.allclose(share, 0.2, atol=0.01)


@pytest.mark.parametrize("seed", range(20))
def test_the_cut_is_the_one_of_scikit_learn(seed: int) -> None:
    draws = np.random.default_rng(seed)
    classes = int(draws.integers(2, 20))
    rare = np.repeat(np.arange(classes), 2)
    # Of some all classes are equally large: then it is by lot which of them gets one more.
    others = draws.integers(0, classes, 500) if seed % 2 else np.tile(np.arange(classes), 30)
    labels = draws.permutation(np.concatenate([rare, others]))
    count = int(draws.integers(classes, len(labels) - classes + 1))
    stay, cut = stratified(labels, count, seed, what="validation")
    theirs = train_test_split(
        np.arange(len(labels)), test_size=count, stratify=labels, random_state=seed
    )
    assert np.array_equal(stay, np.sort(theirs[0]))
    assert np.array_equal(cut, np.sort(theirs[1]))


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


@pytest.mark.parametrize(("subset", "kept"), [(0.25, 323), (0.999, 1292), (1.0, 1293)])
def test_a_subset_is_a_stratified_share_of_what_validation_leaves(
    digits: DataSet, subset: float, kept: int
) -> None:
    whole = split(digits, validation=0.1, subset=None, seed=0)
    small = split(digits, validation=0.1, subset=subset, seed=0)
    assert len(small.train) == kept
    assert set(small.train.index) <= set(whole.train.index)
    assert np.array_equal(small.validation.index, whole.validation.index)
    share = np.bincount(small.train.targets) / np.bincount(whole.train.targets)
    assert np.allclose(share, subset, atol=0.01)


@pytest.mark.parametrize(("validation", "cut"), [(0.1, 144), (50, 50), (637, 637), (0.4, 575)])
def test_a_subset_is_the_first_so_many_and_validation_is_cut_from_the_others(
    digits: DataSet, validation: float, cut: int
) -> None:
    splits = split(digits, validation=validation, subset=800, seed=3)
    assert np.array_equal(splits.train.index, np.arange(800))
    assert len(splits.validation) == cut
    assert splits.validation.index.min() >= 800
    share = np.bincount(splits.validation.targets) / np.bincount(digits.train.targets[800:])
    assert np.allclose(share, cut / 637, atol=0.02)


def test_the_first_so_many_are_the_same_for_every_seed_and_validation_is_not(
    digits: DataSet,
) -> None:
    first, second = (split(digits, validation=0.1, subset=200, seed=seed) for seed in (1, 2))
    assert np.array_equal(first.train.index, second.train.index)
    assert not np.array_equal(first.validation.index, second.validation.index)


def test_the_first_so_many_go_with_a_validation_part_of_its_own(
    pictures: Path, tmp_path: Path
) -> None:
    data = open_data(str(pictures), tmp_path)
    splits = split(data, validation="own", subset=4, seed=0)
    assert splits.train.index.tolist() == [0, 1, 2, 3]
    assert splits.validation.part is data.validation


def test_validation_may_be_a_count(digits: DataSet) -> None:
    counted = split(digits, validation=287, subset=None, seed=3)
    share = split(digits, validation=0.2, subset=None, seed=3)
    assert np.array_equal(counted.validation.index, share.validation.index)
    assert np.array_equal(counted.train.index, share.train.index)


def test_a_small_share_keeps_a_picture_of_every_class(digits: DataSet) -> None:
    small = split(digits, validation=0.1, subset=0.001, seed=0)
    assert np.bincount(small.train.targets).tolist() == [1] * 10


def test_a_share_keeps_the_only_picture_of_a_class(digits: DataSet) -> None:
    labels = np.r_[np.zeros(90, np.int64), np.ones(9, np.int64), 2]
    data = DataSet(
        ("0", "1", "2"), Part(digits.train.inputs[:100], labels), digits.test, digits.test
    )
    for seed in range(5):
        small = split(data, validation="own", subset=0.04, seed=seed)
        assert len(small.train) == 4
        assert set(small.train.targets) == {0, 1, 2}


def test_a_small_share_keeps_a_class_that_would_round_to_none(digits: DataSet) -> None:
    labels = np.r_[np.zeros(98, np.int64), 1, 1]
    data = DataSet(("0", "1"), Part(digits.train.inputs[:100], labels), digits.test, digits.test)
    small = split(data, validation="own", subset=0.1, seed=0)
    assert (len(small.train), set(small.train.targets)) == (10, {0, 1})


def test_what_validation_leaves_behind_the_first_so_many_needs_no_class(digits: DataSet) -> None:
    splits = split(digits, validation=145, subset=1290, seed=0)
    assert (len(splits.train), len(splits.validation)) == (1290, 145)
    assert set(splits.validation.targets) == set(range(10))
    assert not set(splits.train.index) & set(splits.validation.index)


def test_mean_and_std_are_exactly_those_of_the_train_view(tmp_path: Path) -> None:
    data = open_data(Synthetic(shape=(3, 5, 4), train=3000), tmp_path)
    splits = split(data, validation=0.1, subset=None, seed=0)
    seen = data.train.inputs[splits.train.index] / 255
    assert np.allclose(splits.mean, seen.mean((0, 2, 3)), rtol=1e-12)
    assert np.allclose(splits.std, seen.std((0, 2, 3)), rtol=1e-12)
    assert (splits.shape, splits.classes) == ((3, 5, 4), 4)


@pytest.mark.parametrize("normalise", [(0.5, 0.5), (0.0, 1.0), (0, 1)])
def test_mean_and_std_may_be_given_for_every_channel(
    tmp_path: Path, normalise: tuple[float, float]
) -> None:
    data = open_data(Synthetic(shape=(3, 5, 4)), tmp_path)
    splits = split(data, validation=0.1, subset=None, seed=0, normalise=normalise)
    assert (splits.mean, splits.std) == ((normalise[0],) * 3, (normalise[1],) * 3)


@pytest.mark.parametrize(
    "normalise", [(0.5, 0.0), (0.5, -1.0), (np.inf, 1.0), (0.0, np.nan), (0.5,), "none", None]
)
def test_a_mean_and_std_nothing_can_be_normalised_by_are_one_line(
    digits: DataSet,
    normalise: Any,  # noqa: ANN401  # whatever a study file says
) -> None:
    with pytest.raises(DataError, match="'standard' or a"):
        split(digits, validation=0.1, subset=None, seed=0, normalise=normalise)


def test_a_constant_channel_has_a_std_to_divide_by(digits: DataSet) -> None:
    black = DataSet(
        digits.classes,
        Part(np.zeros_like(digits.train.inputs), digits.train.targets),
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
        (0.0, None, r"validation=0.0 must be a float, a share in \(0, 1\), an int, a count"),
        (1.0, None, "validation=1.0 must be"),
        (0, None, "validation=0 must be"),
        (1437, None, "leaves 0 of 1437"),
        (100_000, None, "validation=100000 of digits asks for 100000 of 1437 examples"),
        (0.1, 5, "class '5' is missing among the first 5 training examples"),
        (0.1, 2000, "more than the 1437 training examples"),
        (0.1, 1300, "subset=1300 leaves 137 of the 1437 .* too few to validate on 144"),
        (2, 800, "validation behind the first 800 of digits of 2"),
        (4, 1433, "missing among the validation examples behind the first 1433"),
        (0.1, 10.5, r"subset=10.5 must be a float, a share in \(0, 1\], or an int, a count"),
        (0.1, 100.0, "subset=100.0 must be"),
        (0.1, 0, "subset=0 must be"),
        (0.1, 0.0, "subset=0.0 must be"),
    ],
)
def test_an_impossible_split_is_one_line(
    digits: DataSet, validation: float | Literal["own"], subset: float | None, words: str
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        split(digits, validation=validation, subset=subset, seed=0)
    assert "\n" not in str(caught.value)


def test_a_class_with_one_picture_cannot_be_stratified(digits: DataSet) -> None:
    part = Part(digits.train.inputs[:50], np.r_[np.zeros(49, np.int64), 1])
    with pytest.raises(DataError, match="class 1 has one example"):
        split(DataSet(("0", "1"), part, digits.test), validation=0.2, subset=None, seed=0)


def test_a_class_that_only_lies_behind_the_first_so_many_is_named(
    pictures: Path, tmp_path: Path
) -> None:
    data = open_data(str(pictures), tmp_path)
    with pytest.raises(DataError, match="class '001_dog' is missing among the first 3"):
        split(data, validation="own", subset=3, seed=0)


@pytest.fixture
def rows() -> DataSet:
    """200 rows of 3 features in units far apart, the last of them constant, and a sum to find."""
    rng = np.random.default_rng(0)
    inputs = rng.normal([5, 1000, 0], [1, 300, 0], (200, 3)).astype(np.float32)
    inputs[:, 2] = 0.1
    targets = inputs.sum(axis=1)
    return DataSet((), Part(inputs[:150], targets[:150]), Part(inputs[150:], targets[150:]))


def test_rows_are_normalised_per_feature_as_the_train_view_has_them(rows: DataSet) -> None:
    splits = split(rows, validation=0.2, subset=None, seed=0)
    seen = rows.train.inputs[splits.train.index].astype(np.float64)
    assert np.allclose(splits.mean, seen.mean(axis=0), rtol=1e-12)
    assert np.allclose(splits.std[:2], seen[:, :2].std(axis=0), rtol=1e-12)
    assert splits.std[2] == 1.0
    assert (splits.shape, splits.classes, splits.outputs) == ((3,), 0, 1)
    assert splits.regression


def test_regression_is_cut_at_random_the_same_for_the_same_seed(rows: DataSet) -> None:
    first, again, other = (split(rows, validation=0.2, subset=0.5, seed=seed) for seed in (1, 1, 2))
    assert (len(first.train), len(first.validation), len(first.test)) == (60, 30, 50)
    assert not set(first.train.index) & set(first.validation.index)
    assert np.array_equal(first.train.index, again.train.index)
    assert np.array_equal(first.validation.index, again.validation.index)
    assert not np.array_equal(first.validation.index, other.validation.index)


def test_the_first_rows_need_no_class(rows: DataSet) -> None:
    splits = split(rows, validation=149, subset=1, seed=0)
    assert (len(splits.train), len(splits.validation)) == (1, 149)
    with pytest.raises(DataError, match="too few to validate on 149"):
        split(rows, validation=149, subset=2, seed=0)
    with pytest.raises(DataError, match="asks for 151 of 150 examples"):
        split(rows, validation=151, subset=None, seed=0)
    with pytest.raises(DataError, match="leaves 0 of 150 examples"):
        split(rows, validation=150, subset=None, seed=0)


def test_a_classification_has_an_output_a_class(digits: DataSet) -> None:
    splits = split(digits, validation=0.1, subset=None, seed=0)
    assert (splits.classes, splits.outputs, splits.regression) == (10, 10, False)
