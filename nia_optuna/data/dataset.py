"""A data set in memory: pictures, labels, and a fingerprint of both."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 4096


# Arrays have no single answer to ==, so these values compare by identity (eq=False).
@dataclass(frozen=True, eq=False)
class Part:
    """Pictures uint8 (n, channels, height, width), and labels int64 (n,) from 0 on."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Decoded:
    """The parts of a data set as a source yields them, before they have a name."""

    classes: tuple[str, ...]
    train: Part
    test: Part
    validation: Part | None = None

    @property
    def parts(self) -> dict[str, Part]:
        """The parts there are, by name, in the order of the fingerprint."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}


@dataclass(frozen=True, eq=False)
class DataSet(Decoded):
    """A named data set; `origin` says in words where it came from.

    `fingerprint` is "sha256:..." of the pictures and labels of all parts. Do not send one to
    another process: pickling copies every picture, opening it there again maps the same pages.
    """

    name: str = ""
    origin: str = ""
    fingerprint: str = ""

    @property
    def shape(self) -> tuple[int, int, int]:
        """The (channels, height, width) of every picture."""
        _, channels, height, width = self.train.pictures.shape
        return channels, height, width


def name_decoded(decoded: Decoded, name: str, origin: str) -> DataSet:
    """Return the data set of these parts, with its fingerprint."""
    return DataSet(
        decoded.classes,
        decoded.train,
        decoded.test,
        decoded.validation,
        name=name,
        origin=origin,
        fingerprint=fingerprint(decoded),
    )


def fingerprint(decoded: Decoded) -> str:
    """Return "sha256:..." of every part's name, shape, pictures and labels (little-endian)."""
    digest = hashlib.sha256()
    for name, part in decoded.parts.items():
        digest.update(f"{name} {part.pictures.shape}\n".encode())
        for start in range(0, len(part), CHUNK):
            digest.update(np.ascontiguousarray(part.pictures[start : start + CHUNK]).data)
        digest.update(part.labels.astype("<i8").tobytes())
    return f"sha256:{digest.hexdigest()}"
