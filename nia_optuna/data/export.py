"""Write a data set of pictures as a folder of PNG files that ImageFolder reads back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.dataset import DataSet, View
from nia_optuna.data.errors import DataError
from nia_optuna.data.progress import Say, silent
from nia_optuna.data.sources import task_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

EVERY = 500  # pictures between two reports
GREY, COLOUR = 1, 3  # channels that a PNG file can have


class ExportError(DataError):
    """An export that cannot be: one line says why, nothing was written."""


@dataclass(frozen=True)
class Export:
    """Where to write, and how to cut the training part, both in its own order.

    The last `validation` training pictures become a validation part, the others are cut into
    `shards`, whose sizes differ by one at most.
    """

    folder: Path
    shards: int = 1
    validation: int = 0

    def __post_init__(self) -> None:
        # What `there/not-there/..` comes to is to be known before anything is written.
        object.__setattr__(self, "folder", self.folder.resolve())

    @property
    def partial(self) -> Path:
        """Where the pictures lie until they are all there."""
        return self.folder.with_name(f"{self.folder.name}.part")


def check_export(source: str, export: Export) -> None:
    """Raise ExportError for what can be told to fail before any data are fetched."""
    if task_of(source) == "regression":
        raise ExportError(f"{source} has no pictures of classes; only those can be exported")
    _check_folder(export)


def _check_folder(export: Export) -> None:
    if export.folder.is_mount():
        raise ExportError(f"{export.folder} is a mount point; name a new folder in it")
    if export.folder.exists() and not (export.folder.is_dir() and not any(export.folder.iterdir())):
        raise ExportError(f"{export.folder} is not an empty folder; name another one, or empty it")
    # Never removed here: it may be somebody's own folder that happens to be called so.
    if export.partial.exists():
        raise ExportError(
            f"{export.partial} is there, as an export leaves it that was killed; remove it first"
        )


def export_pictures(data: DataSet, export: Export, say: Say = silent) -> dict[str, int]:
    """Write every picture of `data` and return how many each part has.

    The folders are `train` (or `train/train1`, ...), `validation` and `test`, below each one a
    folder a class: `000_airplane`, .... Files are numbered by their place in their part, so that
    the pictures of a class are read in the order they had. The pictures lie in FOLDER.part until
    the last is written. Raises ExportError for a data set or a cut that cannot be written.
    """
    _check_folder(export)
    _check_cut(data, export)
    views = _views(data, export)
    try:
        export.partial.mkdir(parents=True)
    except OSError as error:
        raise ExportError(f"{export.folder} cannot be made: {error.strerror}") from error
    try:
        _write(data, views, export.partial, say)
        os.replace(export.partial, export.folder)  # noqa: PTH105  # the name of the guarantee
    except BaseException:
        shutil.rmtree(export.partial, ignore_errors=True)
        raise
    counts = dict.fromkeys(("train", "validation", "test"), 0)
    for place, view in views.items():
        counts[Path(place).parts[0]] += len(view)
    return {part: count for part, count in counts.items() if count}


def _check_cut(data: DataSet, export: Export) -> None:
    if data.regression or data.shape[0] not in (GREY, COLOUR):
        raise ExportError(
            f"{data.name} has no grey or coloured pictures of classes; only those can be exported"
        )
    if export.validation and data.validation is not None:
        raise ExportError(f"{data.name} has a validation part of its own; leave the count out")
    left = len(data.train) - export.validation
    if export.validation < 0 or not 1 <= export.shards <= left:
        raise ExportError(
            f"{len(data.train)} training pictures of {data.name} cannot be cut into "
            f"{export.validation} to validate on and {export.shards} shards; give smaller counts"
        )
    # A folder is read back with the classes that its training part has, and no others.
    labels = np.asarray(data.train.targets[:left], np.int64)
    counts = np.bincount(labels, minlength=len(data.classes))
    if not counts.all():
        raise ExportError(
            f"class {data.classes[int(counts.argmin())]!r} would have no training picture; "
            "validate on fewer"
        )


def _views(data: DataSet, export: Export) -> Mapping[str, View]:
    """Return the pictures that go below each folder of class folders."""
    left = len(data.train) - export.validation
    train, validation = np.split(np.arange(len(data.train)), [left])
    if export.shards == 1:
        views = {"train": View(data.train, train)}
    else:
        pieces = enumerate(np.array_split(train, export.shards), 1)
        views = {f"train/train{number}": View(data.train, piece) for number, piece in pieces}
    if export.validation:
        views["validation"] = View(data.train, validation)
    elif data.validation is not None:
        views["validation"] = View(data.validation, np.arange(len(data.validation)))
    return {**views, "test": View(data.test, np.arange(len(data.test)))}


def _write(data: DataSet, views: Mapping[str, View], folder: Path, say: Say) -> None:
    names = _class_folders(data.classes)
    total, done = sum(map(len, views.values())), 0
    with ThreadPoolExecutor() as pool:  # Pillow encodes outside the interpreter lock
        for place, view in views.items():
            for label in np.unique(view.targets):
                (folder / place / names[int(label)]).mkdir(parents=True)
            digits = len(str(len(view.part) - 1))
            files = [
                f"{folder}/{place}/{names[int(label)]}/{number:0{digits}}.png"
                for number, label in zip(view.index, view.targets, strict=True)
            ]
            for start in range(0, len(view), EVERY):
                pictures = view.part.inputs[view.index[start : start + EVERY]]
                for _ in pool.map(_save, files[start : start + EVERY], pictures):
                    pass  # an error of a thread is raised here
                done += len(pictures)
                say(f"{data.name}: writing pictures", done / total)


def _class_folders(classes: tuple[str, ...]) -> list[str]:
    """Return a folder name per class that sorts in the order of the classes."""
    digits = max(3, len(str(len(classes) - 1)))
    folders = []
    for number, name in enumerate(classes):
        prefix = f"{number:0{digits}}_"
        plain = name.replace("/", "-")  # T-shirt/top
        folders.append(plain if plain.startswith(prefix) else prefix + plain)
    return folders


def _save(file: str, picture: NDArray[np.uint8]) -> None:
    from PIL import Image  # only where pictures are written

    pixels = picture[0] if len(picture) == GREY else picture.transpose(1, 2, 0)
    Image.fromarray(pixels).save(file)
