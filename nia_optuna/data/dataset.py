"""A data set in memory: inputs, targets, and a fingerprint of both."""

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
    """Examples: what a network is shown, and what it should answer.

    `inputs` are pictures, uint8 (n, channels, height, width), or rows of numbers, float32
    (n, features). `targets` are classes, int64 (n,) from 0 on, or numbers, float32 (n,).
    `shards` numbers the piece of the training data that each example lies in, int64 (n,), where
    an epoch is to go through the pieces one after the other.
    """

    inputs: NDArray[np.uint8] | NDArray[np.float32]
    targets: NDArray[np.int64] | NDArray[np.float32]
    shards: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, eq=False)
class View:
    """The examples of `part` at `index`, int64 (n,)."""

    part: Part
    index: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def targets(self) -> NDArray[np.int64] | NDArray[np.float32]:
        """The targets at `index`, (n,)."""
        return self.part.targets[self.index]

    @property
    def shards(self) -> NDArray[np.int64] | None:
        """The shards at `index`, (n,); None where an epoch goes through all of it at once."""
        return None if self.part.shards is None else self.part.shards[self.index]


@dataclass(frozen=True, eq=False)
class Decoded:
    """The parts of a data set as a source yields them, before they have a name.

    No `classes` mean that the targets are numbers: regression.
    """

    classes: tuple[str, ...]
    train: Part
    test: Part
    validation: Part | None = None

    @property
    def parts(self) -> dict[str, Part]:
        """The parts there are, by name, in the order of the fingerprint."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def regression(self) -> bool:
        """Whether the targets are numbers."""
        return not self.classes


@dataclass(frozen=True, eq=False)
class DataSet(Decoded):
    """A named data set; `origin` says in words where it came from.

    `fingerprint` is "sha256:..." of the inputs and targets of all parts. Do not send one to
    another process: pickling copies every example, opening it there again maps the same pages.
    """

    name: str = ""
    origin: str = ""
    fingerprint: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """The (channels, height, width) of every picture, or the (features,) of every row."""
        return tuple(self.train.inputs.shape[1:])


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
    """Return "sha256:..." of every part's name, shape, inputs and targets (little-endian).

    Targets count as int64 or float32, whatever width they have in memory.
    """
    # Shards stay out: the same examples visited in another order are the same data, and two
    # studies of them may be compared. How they are visited is a setting of the study.
    digest = hashlib.sha256()
    for name, part in decoded.parts.items():
        digest.update(f"{name} {part.inputs.shape}\n".encode())
        inputs = "u1" if part.inputs.dtype == np.uint8 else "<f4"
        for start in range(0, len(part), CHUNK):
            chunk = part.inputs[start : start + CHUNK]
            digest.update(np.ascontiguousarray(chunk, inputs).data)
        targets = "<f4" if decoded.regression else "<i8"
        digest.update(part.targets.astype(targets).tobytes())
    return f"sha256:{digest.hexdigest()}"
