"""What a confirmed network answered on the test part, as a file that needs no torch to be read."""

from __future__ import annotations

import io
import struct
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = 24
"""How many mistaken pictures go into the file."""
LARGEST = 2**30
"""Bytes of an array at most: a few kilobytes may be packed that fill the memory."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Answers on the examples of the test part, in their order.

    `outputs` float32 are probabilities (n, classes), or predicted numbers (n,) in regression;
    `targets` are the true classes int64 (n,), or numbers float32 (n,). `shown` int64 (k,) numbers
    the mistakes that `pictures` uint8 (k, channels, height, width) holds, the most confident
    first; k is 0 where nothing was mistaken or the examples are no pictures.
    """

    outputs: NDArray[np.float32]
    targets: NDArray[Any]
    shown: NDArray[np.int64]
    pictures: NDArray[np.uint8]


def predictions(
    outputs: NDArray[np.float32], targets: NDArray[Any], inputs: NDArray[Any]
) -> Predictions:
    """Return the predictions with the pictures of the most confident mistakes beside them."""
    if outputs.ndim == 1 or inputs.ndim != 4:  # noqa: PLR2004  # n, channels, height, width
        return Predictions(outputs, targets, np.empty(0, np.int64), _NONE)
    wrong = np.flatnonzero(outputs.argmax(1) != targets)
    shown = wrong[np.argsort(-outputs[wrong].max(1), kind="stable")][:SHOWN]
    return Predictions(outputs, targets, shown, inputs[shown])


def to_bytes(made: Predictions) -> bytes:
    """Return the predictions as a compressed NumPy archive."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        outputs=made.outputs,
        targets=made.targets,
        shown=made.shown,
        pictures=made.pictures,
    )
    return buffer.getvalue()


def from_bytes(content: bytes) -> Predictions:
    """Return what `to_bytes` made. Raises ValueError for anything else; executes nothing."""
    try:
        # The handle is told first that this is an archive: np.load guesses, and may guess a pickle.
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            made = Predictions(*(_array(archive, name) for name in _TYPES))
    except _BROKEN as error:
        raise ValueError(f"these are no predictions: {error}") from error
    _check(made)
    return made


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    size = archive.getinfo(f"{name}.npy").file_size
    if size > LARGEST:
        raise ValueError(f"{name} take {size} bytes")
    with archive.open(f"{name}.npy") as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    if array.dtype.name not in _TYPES[name]:
        raise ValueError(f"{name} are {array.dtype}")
    return array


def _check(made: Predictions) -> None:
    """Raise ValueError unless the four arrays speak of the same examples."""
    examples, shown = len(made.outputs) if made.outputs.ndim else 0, made.shown
    classes = made.outputs.shape[1] if made.outputs.ndim == 2 else None  # noqa: PLR2004
    whole = (
        examples > 0
        and (classes is None) == (made.outputs.ndim == 1)
        and (classes is None) == (made.targets.dtype == np.float32)
        and made.targets.shape == (examples,)
        and shown.ndim == 1
        and made.pictures.ndim == 4  # noqa: PLR2004  # k, channels, height, width
        and len(made.pictures) == len(shown)
        and 0 not in made.pictures.shape[1:]
        and _within(shown, examples)
        and (classes is None or _within(made.targets, classes))
    )
    if not whole:
        raise ValueError("these are no predictions: their arrays do not fit together")


def _within(numbers: NDArray[Any], end: int) -> bool:
    return not len(numbers) or bool(numbers.min() >= 0 and numbers.max() < end)


_NONE = np.empty((0, 1, 1, 1), np.uint8)
_TYPES = {
    "outputs": ("float32",),
    "targets": ("int64", "float32"),
    "shown": ("int64",),
    "pictures": ("uint8",),
}
# All that a file which was cut short, or had a bit turned, has been seen to raise. MemoryError: a
# turned bit in a shape asks for more than there is.
_BROKEN = (
    *(OSError, KeyError, EOFError, ValueError, TypeError, MemoryError, OverflowError),
    *(RuntimeError, zipfile.BadZipFile, zlib.error, struct.error, SyntaxError, tokenize.TokenError),
)
