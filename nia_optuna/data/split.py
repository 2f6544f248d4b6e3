"""What a training sees: which examples to learn from, to choose by and to test on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nia_optuna.data.cuts import at_random, keeping_classes, stratified
from nia_optuna.data.dataset import DataSet, View
from nia_optuna.data.errors import DataError
from nia_optuna.data.moments import moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Splits:
    """Three views of one data set, and how its inputs are normalised.

    `mean` and `std` have a number per channel or feature. Pictures, whose `shape` is (channels,
    height, width), are divided by 255 before they are normalised; rows of numbers, whose `shape` is
    (features,), are not. `std` is never 0: what is constant has 1. `classes` is 0 for regression.
    """

    train: View
    validation: View
    test: View
    mean: tuple[float, ...]
    std: tuple[float, ...]
    shape: tuple[int, ...]
    classes: int

    @property
    def regression(self) -> bool:
        """Whether the targets are numbers."""
        return self.classes == 0

    @property
    def task(self) -> Literal["classification", "regression"]:
        """What is to be learnt: a class, or a number."""
        return "classification" if self.classes else "regression"

    @property
    def outputs(self) -> int:
        """How many numbers a network answers with: one a class, or the one number itself."""
        return self.classes or 1


def split(
    data: DataSet,
    *,
    validation: float | Literal["own"],
    subset: float | None,
    seed: int,
    normalise: Literal["standard"] | tuple[float, float] = "standard",
) -> Splits:
    """Cut the validation examples off the training part, the same ones for the same seed.

    `validation` is a float, their share in (0, 1), an int, their count, or "own" for the data set's
    own validation part. `subset` as a float in (0, 1] keeps that share of the remaining training
    examples. As an int it keeps the first so many of the training part in its own order, and the
    validation examples, as many as without it, are cut from those behind. All cuts are stratified,
    or at random for regression; what a subset leaves over need not hold every class. `normalise` is
    "standard" for the mean and standard deviation of the train view, or a (mean, std) for all
    channels or features.

    The test part is never touched. Raises DataError where too few examples are left or a class
    would be missing on a side.
    """
    count = _validation_count(data, validation)
    _check_subset(data, subset)
    if isinstance(subset, int):
        train, cut = _first(data, subset, count, seed)
    else:
        train, cut = _whole(data), np.empty(0, np.int64)
        if count is not None:
            what = f"validation={validation} of {data.name}"
            train, cut = _cut(data, train, count, seed, what=what)
        if subset is not None:
            train = _share(data, train, subset, seed)
    learned = View(data.train, train)
    mean, std = moments(learned, normalise)
    own = data.validation if count is None else None
    return Splits(
        train=learned,
        validation=View(data.train, cut) if own is None else View(own, np.arange(len(own))),
        test=View(data.test, np.arange(len(data.test))),
        mean=mean,
        std=std,
        shape=data.shape,
        classes=len(data.classes),
    )


def _validation_count(data: DataSet, validation: float | Literal["own"]) -> int | None:
    """Return how many examples to cut off the training part: None for a part of its own."""
    if validation == "own":
        if data.validation is None:
            raise DataError(
                f"{data.name} has no validation part of its own; give validation a share like 0.1"
            )
        return None
    if isinstance(validation, int) and validation >= 1:
        return validation
    if isinstance(validation, float) and 0 < validation < 1:
        return round(validation * len(data.train))
    raise DataError(
        f"validation={validation!r} must be a float, a share in (0, 1), an int, a count from 1, "
        "or 'own'"
    )


def _check_subset(data: DataSet, subset: float | None) -> None:
    if subset is None:
        return
    if not (subset >= 1 if isinstance(subset, int) else 0 < subset <= 1):
        raise DataError(
            f"subset={subset!r} must be a float, a share in (0, 1], or an int, a count from 1"
        )
    if subset > len(data.train):
        raise DataError(
            f"subset={subset!r} is more than the {len(data.train)} training examples of {data.name}"
        )


def _first(data: DataSet, subset: int, count: int | None, seed: int) -> tuple[Index, Index]:
    """Return the first `subset` training examples, and `count` of the others."""
    train, others = np.split(_whole(data), [subset])
    _check_classes(data, train, f"the first {subset} training examples of {data.name}")
    if count is None:
        return train, others[:0]
    if count > len(others):
        raise DataError(
            f"subset={subset} leaves {len(others)} of the {len(data.train)} training examples of "
            f"{data.name}, too few to validate on {count}; lower the subset or the validation"
        )
    if count < len(others):
        what = f"validation behind the first {subset} of {data.name}"
        others = _keep(data, others, count, seed, what=what)
    _check_classes(data, others, f"the validation examples behind the first {subset}")
    return train, others


def _check_classes(data: DataSet, index: Index, what: str) -> None:
    missing = set(range(len(data.classes))) - set(data.train.targets[index].tolist())
    if missing:
        raise DataError(
            f"class {data.classes[min(missing)]!r} is missing among {what}; change the subset, or "
            "make it a share like 0.1, which is stratified"
        )


def _share(data: DataSet, train: Index, subset: float, seed: int) -> Index:
    # A share of a small set keeps at least a picture of every class: rehearsals take a tenth.
    count = max(round(subset * len(train)), len(data.classes), 1)
    if count >= len(train):
        return train
    return _keep(data, train, count, seed, what=f"subset={subset} of {data.name}")


def _keep(data: DataSet, among: Index, count: int, seed: int, *, what: str) -> Index:
    """Return `count` of the training examples `among`; nothing is asked of the others."""
    if data.regression:
        return among[at_random(len(among), count, seed, what=what)[1]]
    labels = np.asarray(data.train.targets[among], np.int64)
    return among[keeping_classes(labels, count, seed, what=what)]


def _cut(data: DataSet, among: Index, count: int, seed: int, *, what: str) -> tuple[Index, Index]:
    """Return which of the training examples `among` stay, and the `count` that are cut off."""
    if data.regression:
        stay, cut = at_random(len(among), count, seed, what=what)
    else:
        labels = np.asarray(data.train.targets[among], np.int64)
        stay, cut = stratified(labels, count, seed, what=what)
    return among[stay], among[cut]


def _whole(data: DataSet) -> Index:
    return np.arange(len(data.train), dtype=np.int64)
