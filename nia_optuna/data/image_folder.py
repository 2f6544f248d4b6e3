"""A folder of class folders: which pictures it holds, and which part each belongs to."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, replace
from stat import S_ISREG
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.cuts import stratified
from nia_optuna.data.dataset import Decoded, Part
from nia_optuna.data.errors import DataError
from nia_optuna.data.pictures import read_pictures
from nia_optuna.data.sources import ImageFolder

if TYPE_CHECKING:
    from pathlib import Path

    from nia_optuna.data.progress import Say

SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
)
TRAIN = re.compile(r"train\d*")
SHARD = re.compile(r"train\d+")
TEST_SHARE = 0.2


@dataclass(frozen=True)
class Picture:
    """One file: where it lies, the name of its class, and what changes when it changes."""

    path: str  # a Path each would take most of the time of listing 60,000
    label: str
    modified: int
    size: int
    shard: int  # the piece of its part, from 0 on


Listing = dict[str, list[Picture]]  # part name to its pictures, in the order they are read


def list_folder(folder: Path) -> Listing:
    """Return the pictures of each part; only "train" where the folder has no parts.

    Below `train` or its shards, `validation` and `test`, or right in the folder, lies one folder a
    class. Raises DataError for an empty or unreadable folder.
    """
    found = _folders(folder)
    training = _training(folder, found)
    if not training:
        return {"train": _part([folder])}
    listing = {"train": _part(training)}
    for name in ("validation", "test"):
        if name in found:
            listing[name] = _part([folder / name])
    known = {picture.label for picture in listing["train"]}
    for name, pictures in listing.items():
        if unknown := {picture.label for picture in pictures} - known:
            raise DataError(
                f"class {min(unknown)!r} in {folder / name} is in no training folder; "
                "name the class folders alike"
            )
    return listing


def listing_key(listing: Listing) -> str:
    """Return a digest that changes with any name, time or size in the listing."""
    digest = hashlib.sha256()
    for part, pictures in listing.items():
        for picture in pictures:
            facts = (part, picture.path, picture.modified, picture.size)
            digest.update(repr(facts).encode(errors="surrogateescape"))
    return digest.hexdigest()


def read_folder(source: ImageFolder, say: Say) -> Decoded:
    """List the folder and return its decoded parts; raises DataError."""
    return decode_listing(list_folder(source.folder), source, say)


def decode_listing(listing: Listing, source: ImageFolder, say: Say) -> Decoded:
    """Return the decoded parts; a listing with no test part has a fifth cut off, stratified.

    Shards are numbered where the source has them taken in turn. Raises DataError naming the
    picture at fault, or the folder that has no shards.
    """
    in_turn = source.shards == "in turn"
    if in_turn and not any(picture.shard for picture in listing["train"]):
        raise DataError(
            f"{source.path} has no shards train1, train2, ... to go through in turn; "
            "use shards='merged'"
        )
    classes = tuple(sorted({picture.label for picture in listing["train"]}))
    if len(classes) < 2:  # noqa: PLR2004  # a single class is always guessed right
        raise DataError(f"{classes[0]!r} is the only class of pictures; there must be two or more")
    numbers = {name: number for number, name in enumerate(classes)}
    order = [picture for pictures in listing.values() for picture in pictures]
    labels = np.array([numbers[picture.label] for picture in order], np.int64)
    bounds = np.cumsum([0, *map(len, listing.values())])
    index = {
        name: np.arange(bounds[place], bounds[place + 1]) for place, name in enumerate(listing)
    }
    if "test" not in index:
        count = round(TEST_SHARE * len(index["train"]))
        index["train"], index["test"] = stratified(
            labels[index["train"]], count, 0, what="a test part"
        )
    pixels = read_pictures([picture.path for picture in order], source.resized, say)
    parts = {name: Part(pixels[place], labels[place]) for name, place in index.items()}
    if in_turn:
        shards = np.array([picture.shard for picture in order], np.int64)
        parts["train"] = replace(parts["train"], shards=shards[index["train"]])
    return Decoded(classes, parts["train"], parts["test"], parts.get("validation"))


def _training(folder: Path, found: list[str]) -> list[Path]:
    """Return the folder `train` or the shards, in the order of their numbers; none of either."""
    names = [name for name in found if TRAIN.fullmatch(name)]
    if names == ["train"]:
        deeper = _folders(folder / "train")
        # Classes may be called so too, but their folders hold pictures and no folders.
        if deeper and all(
            SHARD.fullmatch(name) and _folders(folder / "train" / name) for name in deeper
        ):
            folder, names = folder / "train", deeper
    return [folder / name for name in sorted(names, key=lambda name: int(name[5:] or 0))]


def _part(folders: list[Path]) -> list[Picture]:
    pictures = []
    for shard, folder in enumerate(folders):
        names = _folders(folder)
        if not names:
            raise DataError(f"{folder} has no class folders; put each class into its own")
        for name in names:
            found = _pictures(folder / name, shard)
            if not found:
                raise DataError(
                    f"class folder {folder / name} holds no pictures; fill or remove it"
                )
            pictures.extend(found)
    return pictures


def _pictures(folder: Path, shard: int) -> list[Picture]:
    pictures = []
    for entry in _entries(folder):
        if os.path.splitext(entry.name)[1].lower() in SUFFIXES:  # noqa: PTH122  # see Picture
            try:
                stat = entry.stat()
            except OSError as error:
                raise DataError(f"{entry.path} cannot be read: {error.strerror}") from error
            if not S_ISREG(stat.st_mode):  # a pipe would be waited for
                raise DataError(f"{entry.path} is no regular file; remove it")
            pictures.append(Picture(entry.path, folder.name, stat.st_mtime_ns, stat.st_size, shard))
    return pictures


def _folders(folder: Path) -> list[str]:
    return [entry.name for entry in _entries(folder) if entry.is_dir()]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what lies in the folder by name, leaving out hidden files."""
    try:
        with os.scandir(folder) as entries:
            visible = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}") from error
    return sorted(visible, key=lambda entry: entry.name)
