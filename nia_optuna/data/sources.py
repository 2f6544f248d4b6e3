"""What a study may name as its data: a known name, a folder, or a value."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

NAMES = ("cifar10", "mnist", "fashion_mnist", "digits", "synthetic")


class DataError(ValueError):
    """Data that cannot be had or used: one line says what was tried and what to do."""


@dataclass(frozen=True)
class ImageFolder:
    """Pictures in class folders, below `train`, `validation` and `test` or all in one folder.

    `shards="merged"` reads `train1`, `train2`, ... as one training part. `size` is the (height,
    width) in pixels that every picture is resized to, one number meaning a square; without it all
    pictures must have one size. Raises DataError for settings that cannot be.
    """

    path: Path | str
    shards: Literal["merged"] = "merged"
    size: tuple[int, int] | int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path).expanduser())
        if self.shards != "merged":
            raise DataError(f"shards={self.shards!r} is not known; use 'merged'")
        if isinstance(self.size, int):
            object.__setattr__(self, "size", (self.size, self.size))
        if self.size is not None and min(self.resized or (0,)) < 1:
            raise DataError(f"size={self.size!r} must be a height and a width of at least 1")

    @property
    def folder(self) -> Path:
        """The folder the pictures lie in."""
        return Path(self.path)

    @property
    def resized(self) -> tuple[int, int] | None:
        """The (height, width) every picture gets, or None where it keeps its own."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size


@dataclass(frozen=True)
class Synthetic:
    """Made-up pictures that a network can learn: a coarse pattern per class, plus noise.

    `shape` is (channels, height, width); `train` and `test` count pictures; `noise` is its
    standard deviation where white is 1. Raises DataError for settings that cannot be.
    """

    shape: tuple[int, int, int] = (1, 8, 8)
    classes: int = 4
    train: int = 1024
    test: int = 256
    seed: int = 0
    noise: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(self.shape))
        if len(self.shape) != len(("channels", "height", "width")) or min(self.shape) < 1:
            raise DataError(f"shape={self.shape!r} must be (channels, height, width)")
        if self.classes < 2:  # noqa: PLR2004  # one class leaves nothing to learn
            raise DataError(f"classes={self.classes!r} must be at least 2")
        if min(self.train, self.test) < self.classes:
            raise DataError(
                f"train={self.train!r} and test={self.test!r} must each hold a picture of every "
                f"class: at least {self.classes}"
            )
        if not self.noise >= 0:
            raise DataError(f"noise={self.noise!r} must not be negative")


Source = str | ImageFolder | Synthetic


def check_source(source: object) -> None:
    """Raise DataError unless `source` is a known name, a folder that exists, or a value.

    Nothing is fetched and no picture is opened.
    """
    if isinstance(source, Synthetic) or source in NAMES:
        return
    if isinstance(source, ImageFolder):
        if not source.folder.is_dir():
            raise DataError(f"image folder {str(source.path)!r} does not exist")
        return
    if not isinstance(source, str):
        raise DataError(f"data set {source!r} is neither a name, a folder nor a source")
    if not is_folder(source):
        near = difflib.get_close_matches(source.lower(), NAMES, 2, cutoff=0.5)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise DataError(
            f"data set {source!r} is neither a folder nor one of {', '.join(NAMES)}{hint}"
        )


def is_folder(path: str) -> bool:
    """Return whether `path` is a folder; what cannot even be a path (a NUL in it) is none."""
    try:
        return path != "" and Path(path).expanduser().is_dir()
    except (OSError, ValueError, RuntimeError):
        return False
