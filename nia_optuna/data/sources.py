"""What a study may name as its data: a known name, a folder, or a value."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

NAMES = ("cifar10", "mnist", "fashion_mnist", "digits", "boston_housing", "synthetic")
REGRESSION = frozenset(("boston_housing",))  # the names whose targets are numbers

Size = tuple[int, int] | int


class DataError(ValueError):
    """Data that cannot be had or used: one line says what was tried and what to do."""


@dataclass(frozen=True)
class ImageFolder:
    """Pictures in class folders, below `train`, `validation` and `test` or all in one folder.

    The training part may lie in shards `train1`, `train2`, ..., or `train/train1`, ... one level
    deeper: "merged" makes one of them, "in turn" has every epoch go through one after the other.
    `size` is the (height, width) in pixels that every picture is resized to, one number meaning a
    square; without it all pictures must have one size. Raises DataError for settings that cannot
    be.
    """

    path: Path | str
    shards: Literal["merged", "in turn"] = "merged"
    size: Size | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path).expanduser())
        if self.shards not in ("merged", "in turn"):
            raise DataError(f"shards={self.shards!r} is not known; use 'merged' or 'in turn'")
        if self.size is not None:
            object.__setattr__(self, "size", _height_width(self.size))

    @property
    def folder(self) -> Path:
        """The folder the pictures lie in."""
        return Path(self.path)

    @property
    def resized(self) -> tuple[int, int] | None:
        """The (height, width) every picture gets, or None where it keeps its own."""
        return None if self.size is None else _height_width(self.size)


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


@dataclass(frozen=True)
class Resized:
    """A named data set of pictures, or a folder of them, with every picture resized.

    `size` is the (height, width) in pixels, one number meaning a square. Pillow's bilinear filter
    does it, antialiased, as torchvision's Resize does to pictures. Raises DataError for what has
    no pictures or sets its own size.
    """

    source: str
    size: Size

    def __post_init__(self) -> None:
        if isinstance(self.source, ImageFolder):
            raise DataError("Resized(ImageFolder(...)) is one too many; use ImageFolder's own size")
        if isinstance(self.source, Synthetic):
            raise DataError("Resized(Synthetic(...)) is one too many; give Synthetic the shape")
        if not isinstance(self.source, str):
            raise DataError(f"Resized wants a name or a folder as text, not {self.source!r}")
        if task_of(self.source) == "regression":
            raise DataError(f"{self.source} has no pictures to resize; name it without Resized")
        object.__setattr__(self, "size", _height_width(self.size))

    @property
    def resized(self) -> tuple[int, int]:
        """The (height, width) every picture gets."""
        return _height_width(self.size)


@dataclass(frozen=True)
class Table:
    """A CSV file of numbers with a line of column names, one of which is the `target` to learn.

    The target is a number, or with `classes` a class for each value that it takes. The share
    `test` of the rows is the test part, drawn with `seed`, stratified by class. Raises DataError
    for settings that cannot be.
    """

    path: Path | str
    target: str
    test: float = 0.2
    seed: int = 0
    classes: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path).expanduser())
        if not 0 < self.test < 1:
            raise DataError(f"test={self.test!r} must be a share between 0 and 1")

    @property
    def file(self) -> Path:
        """The file the rows lie in."""
        return Path(self.path)


Source = str | ImageFolder | Resized | Synthetic | Table


def task_of(source: Source) -> Literal["classification", "regression"]:
    """Return what is to be learnt from `source`: classes or numbers. No data are opened."""
    if isinstance(source, Table):
        return "classification" if source.classes else "regression"
    numbers = isinstance(source, str) and source in REGRESSION
    return "regression" if numbers else "classification"


def check_source(source: object) -> None:
    """Raise DataError unless `source` is a known name, a folder that exists, or a value.

    Nothing is fetched and no picture is opened.
    """
    if isinstance(source, Resized):
        source = source.source
    if isinstance(source, Synthetic) or source in NAMES:
        return
    if isinstance(source, ImageFolder):
        if not source.folder.is_dir():
            raise DataError(f"image folder {str(source.path)!r} does not exist")
        return
    if isinstance(source, Table):
        if not source.file.is_file():
            raise DataError(f"table {str(source.path)!r} does not exist")
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


def _height_width(size: Size) -> tuple[int, int]:
    try:
        height, width = (size, size) if isinstance(size, int) else size
        if min(height, width) >= 1:
            return int(height), int(width)
    except (TypeError, ValueError):
        pass
    raise DataError(f"size={size!r} must be a height and a width of at least 1")
