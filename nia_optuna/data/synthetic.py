"""Pictures made in memory, for tests and benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.data.dataset import CHUNK, Decoded, Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nia_optuna.data.sources import Synthetic

CELLS = 4  # a pattern is this many cells high and wide, so that pooling does not wash it out


def make_synthetic(source: Synthetic) -> Decoded:
    """Return pictures of one random coarse pattern per class under Gaussian noise."""
    pattern, train, test = map(np.random.default_rng, np.random.SeedSequence(source.seed).spawn(3))
    prototypes = _prototypes(source, pattern)
    return Decoded(
        classes=tuple(map(str, range(source.classes))),
        train=_part(source.train, prototypes, source.noise, train),
        test=_part(source.test, prototypes, source.noise, test),
    )


def _prototypes(source: Synthetic, rng: np.random.Generator) -> NDArray[np.float32]:
    channels, height, width = source.shape
    cells = rng.random((source.classes, channels, CELLS, CELLS), dtype=np.float32)
    rows = np.arange(height) * CELLS // height
    columns = np.arange(width) * CELLS // width
    return cells[:, :, rows][:, :, :, columns]


def _part(
    count: int, prototypes: NDArray[np.float32], noise: float, rng: np.random.Generator
) -> Part:
    labels = rng.permutation(np.arange(count, dtype=np.int64) % len(prototypes))
    pictures = np.empty((count, *prototypes.shape[1:]), np.uint8)
    for start in range(0, count, CHUNK):
        some = prototypes[labels[start : start + CHUNK]]
        some = some + np.float32(noise) * rng.standard_normal(some.shape, dtype=np.float32)
        pictures[start : start + CHUNK] = np.rint(255 * some.clip(0, 1))
    return Part(pictures, labels)
