"""Picture files to one array, all of one size and one number of channels."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from numpy.typing import NDArray
    from PIL import Image

    from nia_optuna.data.progress import Say

GREY = frozenset(("1", "L", "LA"))
DEEP = frozenset(("I", "F", "I;16", "I;16B", "I;16L", "I;16N"))  # more than 8 bits a channel
# Only what these can read is opened: Pillow would hand a disguised PostScript to Ghostscript.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
EVERY = 200  # pictures between two reports


def read_pictures(
    paths: Sequence[str], size: tuple[int, int] | None, say: Say
) -> NDArray[np.uint8]:
    """Return the pictures as uint8 (n, channels, height, width), in the order given.

    One channel where all are grey, else three (red, green, blue); transparency is dropped.
    `size` is the (height, width) to resize to. Raises DataError naming the picture at fault.
    """
    from PIL import Image  # only where pictures are read

    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:
        # Of a picture so large that it may be a bomb Pillow only warns, up to twice the size.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        # Pillow decodes outside the interpreter lock.
        modes, first = set(), None
        for number, (path, header) in enumerate(zip(paths, pool.map(_header, paths), strict=True)):
            mode, (width, height) = header
            first = first or (path, (height, width))
            if size is None and (height, width) != first[1]:
                raise DataError(
                    f"{path} is {height} x {width} pixels but {first[0]} is {first[1][0]} x "
                    f"{first[1][1]}; make all alike, or give ImageFolder(..., size=(height, width))"
                )
            modes.add(mode)
            _report(say, "looking at the pictures", number, len(paths))
        if first is None:
            return np.empty((0, 1, 1, 1), np.uint8)
        target: Literal["L", "RGB"] = "L" if modes <= GREY else "RGB"
        shape = size or first[1]
        pixels = np.empty((len(paths), 1 if target == "L" else 3, *shape), np.uint8)
        decoded = pool.map(lambda path: _decode(path, target, shape), paths)
        for number, picture in enumerate(decoded):
            pixels[number] = picture
            _report(say, "decoding the pictures", number, len(paths))
    return pixels


def _report(say: Say, text: str, number: int, count: int) -> None:
    if number % EVERY == 0 or number == count - 1:
        say(text, (number + 1) / count)


def _header(path: str) -> tuple[str, tuple[int, int]]:
    with _opened(path) as image:
        if image.mode in DEEP:
            raise DataError(f"{path} has more than 8 bits a channel; save it with 8")
        return image.mode, image.size


def _decode(path: str, mode: Literal["L", "RGB"], shape: tuple[int, int]) -> NDArray[np.uint8]:
    from PIL import Image  # only where pictures are read

    height, width = shape
    with _opened(path) as image:
        try:
            picture = image.convert(mode)
        except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
            raise DataError(f"{path} is damaged: {error}; replace or remove it") from error
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(picture, np.uint8)
    return pixels[None] if mode == "L" else pixels.transpose(2, 0, 1)


def _opened(path: str) -> Image.Image:
    from PIL import Image  # only where pictures are read

    try:
        return Image.open(path, formats=FORMATS)
    except Exception as error:  # Pillow's plugins raise nearly anything on damaged files
        raise DataError(f"{path} is no readable picture: {error}; replace or remove it") from error
