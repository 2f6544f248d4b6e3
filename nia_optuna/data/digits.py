"""The 1,797 handwritten digits that scikit-learn ships: real data with no network at all."""

from __future__ import annotations

import numpy as np

from nia_optuna.data.cuts import stratified
from nia_optuna.data.dataset import Decoded, Part
from nia_optuna.data.origins import Bundled

WHITE = 16  # the pictures count ink in 4x4 blocks, from 0 to 16
TEST = 360  # a fifth


def read_digits() -> Decoded:
    """Return the digits as (1, 8, 8) pictures, 0 to 255.

    scikit-learn ships them in one piece: the test part is cut off here, always the same.
    """
    from sklearn.datasets import load_digits  # a second to import

    pictures, labels = load_digits(return_X_y=True)
    pictures = np.rint(pictures * (255 / WHITE)).astype(np.uint8).reshape(-1, 1, 8, 8)
    labels = labels.astype(np.int64)
    train, test = stratified(labels, TEST, 0, what="a test part")
    return Decoded(
        classes=tuple(map(str, range(10))),
        train=Part(pictures[train], labels[train]),
        test=Part(pictures[test], labels[test]),
    )


ORIGINS = (Bundled("scikit-learn (a stratified fifth cut off as test part)", read_digits),)
