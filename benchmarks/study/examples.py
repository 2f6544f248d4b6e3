"""The pictures of a question as arrays on disk, cut before any clock runs.

nia-optuna cuts the same pictures itself, from its cache, while its clock runs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from benchmarks.study.space import Question

CLASSES = 10


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures uint8 (n, channels, height, width), their classes int64 (n,), and moments.

    `mean` and `std` are of the training pictures, a number a channel, of brightness in [0, 1].
    """

    train: NDArray[np.uint8]
    train_classes: NDArray[np.int64]
    validation: NDArray[np.uint8]
    validation_classes: NDArray[np.int64]
    mean: tuple[float, ...]
    std: tuple[float, ...]


ARRAYS = ("train", "train_classes", "validation", "validation_classes")


def write_examples(question: Question, seed: int, folder: Path) -> None:
    """Write the training and validation pictures that nia-optuna cuts for this seed."""
    from nia_optuna.data import default_data_dir, open_data, split  # the peers need neither

    splits = split(
        open_data(question.dataset, default_data_dir()),
        validation=question.validation,
        subset=question.subset,
        seed=seed,
    )
    for name, view in (("train", splits.train), ("validation", splits.validation)):
        np.save(folder / f"{name}.npy", view.part.inputs[view.index])
        classes = np.asarray(view.part.targets)[view.index].astype(np.int64)
        np.save(folder / f"{name}_classes.npy", classes)
    moments = {"mean": splits.mean, "std": splits.std}
    (folder / "moments.json").write_text(json.dumps(moments), encoding="utf-8")


def read_examples(folder: Path) -> Examples:
    """Return what `write_examples` wrote."""
    moments = json.loads((folder / "moments.json").read_text(encoding="utf-8"))
    return Examples(
        **{name: np.load(folder / f"{name}.npy") for name in ARRAYS},
        mean=tuple(moments["mean"]),
        std=tuple(moments["std"]),
    )
