"""Picture files: read as a network was shown pictures, and written to be looked at."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.cli.kept import PredictError
from nia_optuna.data import DataError, silent
from nia_optuna.data.pictures import FORMATS, read_pictures

if TYPE_CHECKING:
    from numpy.typing import NDArray

GREY, COLOUR = 1, 3  # channels of a picture file
LOOKED_AT = 256  # pixels of the longer side of a picture to look at, about


def picture_files(
    files: Sequence[Path], shape: tuple[int, int, int], *, resize: bool
) -> NDArray[np.uint8]:
    """Return the pictures as uint8 (n, channels, height, width), in the order given.

    Grey and colours are made of each other as `shape` (channels, height, width) wants it. A
    picture of another size is resized (bilinear, antialiased) where `resize`; else, as for one
    that is broken, in disguise or too large to be safe, PredictError names it. All sizes are
    looked at before any is decoded.
    """
    channels, height, width = shape
    if channels not in (GREY, COLOUR):
        raise PredictError(f"the study's examples have {channels} channels; picture files 1 or 3")
    with warnings.catch_warnings():
        # Of a picture so large Pillow only warns, up to twice the size.
        warnings.filterwarnings("error", message=".*decompression bomb.*")
        for file in files:
            size = _size(file)
            if size != (height, width) and not resize:
                raise PredictError(
                    f"{file} is {size[0]} x {size[1]} pixels (height x width), the pictures of the "
                    f"study are {height} x {width}; --resize makes it so"
                )
        return np.stack([_read(file, channels, (height, width)) for file in files])


def png(picture: NDArray[np.uint8]) -> bytes | None:
    """Return a picture (channels, height, width) as a PNG that shows every pixel as a square.

    Returns None where it is neither grey nor in colours.
    """
    from PIL import Image  # only where a picture is written

    if len(picture) not in (GREY, COLOUR):
        return None
    times = max(1, round(LOOKED_AT / max(picture.shape[1:])))
    large = picture.repeat(times, axis=1).repeat(times, axis=2)
    buffer = io.BytesIO()
    Image.fromarray(large[0] if len(large) == GREY else large.transpose(1, 2, 0)).save(
        buffer, "PNG"
    )
    return buffer.getvalue()


def _size(file: Path) -> tuple[int, int]:
    from PIL import Image  # only where a picture is read

    if file.exists() and not file.is_file():  # a pipe would be waited for
        raise PredictError(f"{file} is no regular file")
    try:
        with Image.open(file, formats=FORMATS) as image:
            return image.height, image.width
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged files
        raise PredictError(f"{file} is no readable picture: {error}") from error


def _read(file: Path, channels: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    try:
        (picture,) = read_pictures([str(file)], size, silent)
    except DataError as error:
        raise PredictError(str(error)) from error
    if len(picture) == channels:
        return np.asarray(picture)
    return np.repeat(picture, COLOUR, axis=0) if channels == COLOUR else _grey(picture)


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from PIL import Image  # only where a picture is read

    return np.asarray(Image.fromarray(picture.transpose(1, 2, 0)).convert("L"), np.uint8)[None]
