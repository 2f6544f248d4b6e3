"""Pickled batches of pictures: checked first, then read by a pickle that can only make arrays."""

from __future__ import annotations

import hashlib
import io
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from nia_optuna.data.dataset import Part
from nia_optuna.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What Python 2's pickles of arrays call, and nothing else.
ALLOWED = frozenset(
    (("numpy.core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype"))
)


class ArrayUnpickler(pickle.Unpickler):
    """Reads containers, numbers, strings and numpy arrays; anything else is an UnpicklingError."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  # pickle's own contract
        """Return one of the allowed callables."""
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is refused")
        return super().find_class(module, name)


def read_batches(
    folder: Path, checksums: Mapping[str, str], shape: tuple[int, int, int]
) -> list[Part]:
    """Return a part for each file of `checksums` (name to MD5), pictures (n, *shape).

    Raises DataError for a file that is missing, or is another than its checksum says.
    """
    return [_batch(folder / name, md5, shape) for name, md5 in checksums.items()]


def _batch(path: Path, md5: str, shape: tuple[int, int, int]) -> Part:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}") from error
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise DataError(f"{path.name} has the wrong checksum: MD5 {found} instead of {md5}")
    try:
        batch = ArrayUnpickler(io.BytesIO(content), encoding="bytes").load()
        pictures = batch[b"data"].reshape(-1, *shape)
        return Part(pictures, np.asarray(batch[b"labels"], np.int64))
    except (pickle.UnpicklingError, KeyError, AttributeError, ValueError) as error:
        raise DataError(f"{path.name} is no batch of pictures: {error}") from error
