"""Augmentation of whole batches on the device they are on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Generator, Tensor
from torch.nn import functional

from nia_optuna.recipe import Augmentation

MARGIN = 4

Augment = Callable[..., Tensor]
"""(pictures, generator=None) → as many pictures, changed."""


def augmentation(names: Sequence[Augmentation]) -> Augment | None:
    """Return what changes a batch as `names` say, None where they say nothing.

    "flip" mirrors every second picture, drawn at random, left to right; "crop" pads every
    picture with 4 black pixels on each side and cuts its size out again at a random place.
    Draws come from the generator given, else from torch's global one.
    """
    if not names:
        return None
    return partial(_moved, flips="flip" in names, margin=MARGIN if "crop" in names else 0)


def _moved(
    pictures: Tensor, *, flips: bool, margin: int, generator: Generator | None = None
) -> Tensor:
    """Return pictures (n, channels, height, width) moved by one gather, whatever is asked."""
    count, channels, height, width = pictures.shape
    device = pictures.device
    rows = torch.arange(height, device=device).expand(count, height)
    columns = torch.arange(width, device=device).expand(count, width)
    if flips:
        flipped = torch.rand(count, 1, generator=generator, device=device) < 0.5  # noqa: PLR2004  # a fair coin
        columns = torch.where(flipped, columns.flip(1), columns)
    if margin:
        shape, most = (count, 1), 2 * margin + 1
        rows = rows + torch.randint(most, shape, generator=generator, device=device)
        columns = columns + torch.randint(most, shape, generator=generator, device=device)
        pictures = functional.pad(pictures, (margin,) * 4)
    places = rows[:, :, None] * pictures.shape[3] + columns[:, None, :]
    taken = pictures.flatten(2).gather(2, places.view(count, 1, -1).expand(-1, channels, -1))
    return taken.view(count, channels, height, width)
