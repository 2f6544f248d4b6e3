"""Every picture of a data set in another size."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.dataset import DataSet, Decoded, Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nia_optuna.data.progress import Say

EVERY = 500  # pictures resized, and reported, at a time


def resize(data: DataSet, size: tuple[int, int], say: Say) -> Decoded:
    """Return the parts of `data` with pictures of `size` (height, width), bilinear, antialiased."""
    total, done = sum(map(len, data.parts.values())), 0
    parts: dict[str, Part] = {}
    with ThreadPoolExecutor() as pool:  # Pillow resizes outside the interpreter lock
        for name, part in data.parts.items():
            pixels = np.empty((len(part), data.shape[0], *size), np.uint8)
            pieces = [part.inputs[start : start + EVERY] for start in range(0, len(part), EVERY)]
            start = 0
            for piece in pool.map(partial(_resized, size=size), pieces):
                pixels[start : start + len(piece)] = piece
                start += len(piece)
                say(f"{data.name}: resizing", (done + start) / total)
            done += len(part)
            parts[name] = replace(part, inputs=pixels)
    return Decoded(data.classes, parts["train"], parts["test"], parts.get("validation"))


def _resized(pictures: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    from PIL import Image  # only where pictures are resized

    height, width = size
    resized = np.empty((*pictures.shape[:2], height, width), np.uint8)
    # A channel at a time: the same numbers as all at once, however many channels there are.
    for place in np.ndindex(pictures.shape[:2]):
        channel = Image.fromarray(pictures[place])
        resized[place] = channel.resize((width, height), Image.Resampling.BILINEAR)
    return resized
