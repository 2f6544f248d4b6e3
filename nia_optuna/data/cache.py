"""Decoded once, then mapped: every process that opens a data set shares the same pages."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.dataset import DataSet, Decoded, Part, name_decoded
from nia_optuna.data.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from nia_optuna.data.progress import Say

FORMAT = 2  # part of every key: a cache of another format is not looked at


def cache_folder(data_dir: Path, name: str, *facts: object) -> Path:
    """Return where the data set `name` is cached; `facts` are all that its content depends on."""
    key = hashlib.sha256(repr((FORMAT, name, *facts)).encode()).hexdigest()[:12]
    return data_dir / "cache" / f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)[:60]}-{key}"


def open_cached(
    folder: Path, name: str, make: Callable[[Path], tuple[Decoded, str]], say: Say
) -> DataSet:
    """Return the data set cached in `folder`, made first where it is missing or damaged.

    `make` gets an empty folder to work in and returns the parts and their origin; of several
    processes only one calls it. Nothing is left behind where it raises. Raises UnavailableError
    where the folder cannot be written.
    """
    if (found := read_cache(folder)) is not None:
        return found
    try:
        folder.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        with _locked(folder.with_name(f"{folder.name}.lock"), name, say):
            if (found := read_cache(folder)) is None:
                found = _make(folder, name, make, say)
            return found
    except OSError as error:
        raise UnavailableError(
            f"{name} cannot be cached in {folder.parent}: {error.strerror or error}; "
            "free it, or name another folder with --data-dir"
        ) from error


def read_cache(folder: Path) -> DataSet | None:
    """Return the data set in `folder`, or None where it is missing, cut short or unreadable.

    The arrays are mapped copy-on-write: a change stays in the process that makes it. Content
    is not read again: the fingerprint is the one taken when it was written.
    """
    try:
        meta = json.loads((folder / "meta.json").read_text())
        parts = {name: _map_part(folder, name, sizes) for name, sizes in meta["parts"].items()}
        return DataSet(
            tuple(meta["classes"]),
            parts["train"],
            parts["test"],
            parts.get("validation"),
            name=meta["name"],
            origin=meta["origin"],
            fingerprint=meta["fingerprint"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _make(
    folder: Path, name: str, make: Callable[[Path], tuple[Decoded, str]], say: Say
) -> DataSet:
    # The lock is ours, so whatever a killed process left in the workspace is rubbish.
    workspace = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir(mode=0o700)
    try:
        decoded, origin = make(workspace)
        say(f"{name}: writing the cache", None)
        made = name_decoded(decoded, name, origin)
        _write(made, workspace / "decoded")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(workspace / "decoded", folder)  # noqa: PTH105  # the name of the guarantee
        _sync(folder.parent)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    found = read_cache(folder)
    if found is None:
        raise UnavailableError(
            f"{name} was cached in {folder} but cannot be read there; check the disk"
        )
    return found


def _write(made: DataSet, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    sizes: dict[str, dict[str, int]] = {}
    for name, part in made.parts.items():
        sizes[name] = {
            what: _save(folder / f"{name}.{what}.npy", array)
            for what, array in vars(part).items()
            if array is not None
        }
    meta = {
        "name": made.name,
        "origin": made.origin,
        "fingerprint": made.fingerprint,
        "classes": made.classes,
        "shape": made.shape,
        "parts": sizes,
    }
    with _created(folder / "meta.json") as descriptor:
        os.write(descriptor, json.dumps(meta, indent=2).encode())
    _sync(folder)


def _save(path: Path, array: NDArray[Any]) -> int:
    with _created(path) as descriptor, os.fdopen(descriptor, "wb", closefd=False) as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        return file.tell()


def _map_part(folder: Path, name: str, sizes: dict[str, int]) -> Part:
    return Part(**{what: _map(folder / f"{name}.{what}.npy", size) for what, size in sizes.items()})


def _map(path: Path, size: int) -> NDArray[Any]:
    if path.stat().st_size != size:
        raise ValueError(f"{path} was cut short")
    # A plain view: numpy's memmap class slows every slice down.
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))


@contextmanager
def _created(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield descriptor
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path, name: str, say: Say) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{name}: waiting for another process that is reading it", None)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
