"""From a source to a data set: fetched, verified and decoded once, then mapped."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nia_optuna.data import boston_housing, cifar10, digits, mnist
from nia_optuna.data.cache import cache_folder, open_cached, read_cache
from nia_optuna.data.dataset import DataSet, Decoded, name_decoded
from nia_optuna.data.image_folder import decode_listing, list_folder, listing_key
from nia_optuna.data.origins import Origin, load_first
from nia_optuna.data.progress import Say, silent
from nia_optuna.data.resizing import resize
from nia_optuna.data.sources import (
    NAMES,
    ImageFolder,
    Resized,
    Source,
    Synthetic,
    Table,
    check_source,
)
from nia_optuna.data.synthetic import make_synthetic
from nia_optuna.data.table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

ORIGINS: Mapping[str, tuple[Origin, ...]] = {
    "cifar10": cifar10.ORIGINS,
    "mnist": mnist.MNIST_ORIGINS,
    "fashion_mnist": mnist.FASHION_ORIGINS,
    "digits": digits.ORIGINS,
    "boston_housing": boston_housing.ORIGINS,
}


@dataclass(frozen=True)
class Known:
    """A data set known by name: `origins` in the order they are tried.

    `present` says where it already is: "cache", "disk" or "memory"; None where it must be
    fetched. `examples` and `fingerprint` are known once it is in the cache.
    """

    name: str
    origins: tuple[str, ...]
    present: str | None
    examples: int | None = None
    fingerprint: str | None = None


def default_data_dir() -> Path:
    """Return NIA_OPTUNA_DATA, or else the user's data folder of this platform."""
    if given := os.environ.get("NIA_OPTUNA_DATA"):
        return Path(given).expanduser()
    import platformdirs  # only where nothing was given

    return Path(platformdirs.user_data_dir("nia-optuna"))


def open_data(source: Source, data_dir: Path, say: Say = silent) -> DataSet:
    """Return the data set of `source`: from the cache, or fetched, verified and decoded first.

    Several processes may call it at once; one does the work. Raises DataError, and of its kinds
    UnavailableError for what was rightly asked for.
    """
    check_source(source)
    if source == "synthetic":
        source = Synthetic()
    if isinstance(source, Synthetic):
        return name_decoded(make_synthetic(source), "synthetic", f"made in memory: {source}")
    if isinstance(source, Resized):
        return _open_resized(source, data_dir, say)
    if isinstance(source, Table):
        return _open_table(source, data_dir, say)
    if isinstance(source, str) and source not in ORIGINS:
        source = ImageFolder(source)
    if isinstance(source, ImageFolder):
        return _open_folder(source, data_dir, say)
    name = source

    def make(workspace: Path) -> tuple[Decoded, str]:
        return load_first(name, ORIGINS[name], data_dir, workspace, say)

    return open_cached(cache_folder(data_dir, name), name, make, say)


def known_data(data_dir: Path) -> tuple[Known, ...]:
    """Return what is known of each named data set without fetching or decoding any."""
    return tuple(_known(name, data_dir) for name in NAMES)


def _known(name: str, data_dir: Path) -> Known:
    if name == "synthetic":
        return Known(name, ("made in memory",), "memory")
    labels = tuple(origin.label for origin in ORIGINS[name])
    if (cached := read_cache(cache_folder(data_dir, name))) is not None:
        examples = sum(map(len, cached.parts.values()))
        return Known(name, labels, "cache", examples, cached.fingerprint)
    on_disk = any(origin.present(data_dir) for origin in ORIGINS[name])
    return Known(name, labels, "disk" if on_disk else None)


def _open_folder(source: ImageFolder, data_dir: Path, say: Say) -> DataSet:
    folder = source.folder.resolve()
    say(f"listing {folder.name}", None)
    listing = list_folder(folder)

    def make(_workspace: Path) -> tuple[Decoded, str]:
        cut = "" if "test" in listing else " (a stratified fifth cut off as test part)"
        turn = ", its shards in turn" if source.shards == "in turn" else ""
        return decode_listing(listing, source, say), f"image folder{cut}{turn}"

    cached = cache_folder(
        data_dir, folder.name, folder, listing_key(listing), source.shards, source.resized
    )
    return open_cached(cached, folder.name, make, say)


def _open_resized(source: Resized, data_dir: Path, say: Say) -> DataSet:
    whole = open_data(source.source, data_dir, say)
    height, width = source.resized
    name = f"{whole.name} at {height}x{width}"

    def make(_workspace: Path) -> tuple[Decoded, str]:
        return resize(whole, (height, width), say), f"{whole.origin}, resized"

    # Decided by content: wherever the pictures came from, the same ones are resized once.
    cached = cache_folder(data_dir, name, whole.fingerprint, whole.classes)
    return open_cached(cached, name, make, say)


def _open_table(source: Table, data_dir: Path, say: Say) -> DataSet:
    file = source.file.resolve()
    stat = file.stat()

    def make(_workspace: Path) -> tuple[Decoded, str]:
        return read_table(
            source
        ), f"table {file.name} ({source.test:g} of the rows cut off as test)"

    settings = (source.target, source.test, source.seed, source.classes)
    cached = cache_folder(data_dir, file.stem, file, stat.st_mtime_ns, stat.st_size, *settings)
    return open_cached(cached, file.stem, make, say)
