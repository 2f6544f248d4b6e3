"""What a study may name as its data: a known name, a folder, or a value."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nia_optuna.data import checks
from nia_optuna.data.errors import DataError

NAMES = ("cifar10", "mnist", "fashion_mnist", "digits", "boston_housing", "synthetic")
REGRESSION = frozenset(("boston_housing",))  # the names whose targets are numbers

Size = tuple[int, int] | int


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
        object.__setattr__(self, "path", checks.path(self.path))
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
        object.__setattr__(self, "shape", _picture_shape(self.shape))
        checks.whole("classes", self.classes, at_least=2)  # one leaves nothing to learn
        checks.whole("train", self.train, at_least=1)
        checks.whole("test", self.test, at_least=1)
        if min(self.train, self.test) < self.classes:
            raise DataError(
                f"train={self.train!r} and test={self.test!r} must each hold a picture of every "
                f"class: at least {self.classes}"
            )
        checks.seed(self.seed)
        if checks.number("noise", self.noise) < 0:
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
        object.__setattr__(self, "path", checks.path(self.path))
        if not isinstance(self.target, str):
            raise DataError(f"target={self.target!r} must be the name of one column")
        if not 0 < checks.number("test", self.test) < 1:
            raise DataError(f"test={self.test!r} must be a share between 0 and 1")
        checks.seed(self.seed)
        if not isinstance(self.classes, bool):
            raise DataError(f"classes={self.classes!r} must be True or False")

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


def _picture_shape(shape: object) -> tuple[int, ...]:
    lengths = _lengths(shape)
    if len(lengths) == len(("channels", "height", "width")):
        return lengths
    raise DataError(f"shape={shape!r} must be (channels, height, width), whole numbers from 1 on")


def _height_width(size: object) -> tuple[int, int]:
    lengths = _lengths((size, size) if isinstance(size, int) else size)
    if len(lengths) == len(("height", "width")):
        return lengths[0], lengths[1]
    raise DataError(f"size={size!r} must be a height and a width, whole numbers from 1 on")


def _lengths(given: object) -> tuple[int, ...]:
    """Return the whole numbers from 1 on that were given, none where one of them is not that."""
    numbers = tuple(given) if isinstance(given, Sequence) else ()
    fine = all(isinstance(n, int) and not isinstance(n, bool) and n >= 1 for n in numbers)
    return numbers if fine else ()


def absolute(source: Source) -> Source:
    """Return a source whose path means the same in every folder."""
    match source:
        case Resized():
            return replace(source, source=str(absolute(source.source)))
        case ImageFolder() | Table():
            return replace(source, path=Path(source.path).resolve())
        case str() if source not in NAMES:
            return str(Path(source).resolve())
    return source
