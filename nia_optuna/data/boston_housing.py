"""Boston Housing: 506 districts of 1970, 13 numbers each, and the median price of a home there.

Old and small, and scikit-learn dropped it because its column B is made of the share of Black
residents. It is here to repeat what was measured on it, not to learn about housing.
"""

from __future__ import annotations

import hashlib

import numpy as np

from nia_optuna.data.dataset import Decoded, Part
from nia_optuna.data.errors import DataError
from nia_optuna.data.origins import Bundled

# SHA-256 of the rows with their price behind, (506, 14) little-endian float64.
ROWS = "832e894115c56dd24ec63848d4a3d9bd921d268d0be1bee2a8f4ee5ea318f5f7"
SEED = 113
TRAIN_SHARE = 0.8


def read_boston() -> Decoded:
    """Return rows (n, 13) and prices in 1000 dollars, split 404 to 102 as Keras does.

    mlxtend ships the rows in the order of the original file. Keras' own copy has the same order as
    far as can be told: shuffled by its rule, both begin with the same row. Raises DataError for
    other rows.
    """
    from mlxtend.data import boston_housing_data  # only where it is read

    table = np.column_stack(boston_housing_data())
    found = hashlib.sha256(np.ascontiguousarray(table, "<f8").data).hexdigest()
    if found != ROWS:
        raise DataError(f"{len(table)} rows have the wrong checksum: SHA-256 {found}")
    order = np.arange(len(table))
    # Only the generator that Keras uses draws its split.
    np.random.RandomState(SEED).shuffle(order)
    train, test = np.split(order, [int(TRAIN_SHARE * len(table))])
    numbers = table.astype(np.float32)
    return Decoded((), *(Part(numbers[part, :-1], numbers[part, -1]) for part in (train, test)))


ORIGINS = (Bundled("mlxtend (Keras' split: shuffled with seed 113, the last fifth)", read_boston),)
