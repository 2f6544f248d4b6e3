"""What a training sees: which pictures to learn from, to choose by and to test on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nia_optuna.data.dataset import DataSet, Part
from nia_optuna.data.sources import DataError
from nia_optuna.data.stratify import stratified

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 1024  # pictures counted at a time: a mapped data set never lies in memory as a whole


@dataclass(frozen=True, eq=False)
class View:
    """The pictures of `part` at `index`, int64 (n,)."""

    part: Part
    index: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def labels(self) -> NDArray[np.int64]:
        """The labels at `index`, int64 (n,)."""
        return self.part.labels[self.index]


@dataclass(frozen=True, eq=False)
class Splits:
    """Three views of one data set; `mean` and `std` are per channel of the train view, in [0, 1].

    `shape` is (channels, height, width). `std` is never 0: a constant channel has 1.
    """

    train: View
    validation: View
    test: View
    mean: tuple[float, ...]
    std: tuple[float, ...]
    shape: tuple[int, int, int]
    classes: int


def split(
    data: DataSet,
    *,
    validation: float | Literal["own"],
    subset: float | None,
    seed: int,
) -> Splits:
    """Cut the validation pictures off the training part, stratified, the same for the same seed.

    `validation` is their share, or "own" for the data set's own validation part. `subset` then
    keeps some of the remaining training pictures, stratified too: a float is a share in (0, 1],
    an int a count. The test part is never touched. Raises DataError where a class would be missing
    on a side.
    """
    train = np.arange(len(data.train), dtype=np.int64)
    if validation == "own":
        if data.validation is None:
            raise DataError(
                f"{data.name} has no validation part of its own; give validation a share like 0.1"
            )
        chosen = View(data.validation, np.arange(len(data.validation), dtype=np.int64))
    else:
        count = round(float(validation) * len(train))
        train, cut = stratified(
            data.train.labels, count, seed, what=f"validation={validation} of {data.name}"
        )
        chosen = View(data.train, cut)
    if subset is not None:
        train = _subset(data, train, subset, seed)
    learned = View(data.train, train)
    mean, std = moments(learned)
    return Splits(
        train=learned,
        validation=chosen,
        test=View(data.test, np.arange(len(data.test), dtype=np.int64)),
        mean=mean,
        std=std,
        shape=data.shape,
        classes=len(data.classes),
    )


def moments(view: View) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the exact mean and standard deviation of each channel, where white is 1."""
    channels = view.part.pictures.shape[1]
    counts = np.zeros((channels, 256), np.int64)
    for start in range(0, len(view), CHUNK):
        pictures = view.part.pictures[view.index[start : start + CHUNK]]
        for channel in range(channels):
            counts[channel] += np.bincount(pictures[:, channel].ravel(), minlength=256)
    values = np.arange(256) / 255
    mean = counts @ values / counts.sum(axis=1)
    deviation = (values - mean[:, None]) ** 2
    std = np.sqrt((counts * deviation).sum(axis=1) / counts.sum(axis=1))
    std[(counts > 0).sum(axis=1) == 1] = 1.0
    return tuple(map(float, mean)), tuple(map(float, std))


def _subset(data: DataSet, train: NDArray[np.int64], subset: float, seed: int) -> NDArray[np.int64]:
    if not (subset >= 1 if isinstance(subset, int) else 0 < subset <= 1):
        raise DataError(
            f"subset={subset!r} must be a float, a share in (0, 1], or an int, a count from 1"
        )
    # A share of a small set keeps at least a picture of every class: rehearsals take a tenth.
    least = len(data.classes)
    count = subset if isinstance(subset, int) else max(round(subset * len(train)), least)
    if count > len(train):
        raise DataError(
            f"subset={subset!r} is more than the {len(train)} training pictures of {data.name}"
        )
    if count == len(train):
        return train
    _, kept = stratified(
        data.train.labels[train], count, seed, what=f"subset={subset} of {data.name}"
    )
    return train[kept]
