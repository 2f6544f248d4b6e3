"""From configurations to what a model learns from: codes, and where it needs them, columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nia_optuna.findings.facts import Configuration
from nia_optuna.findings.region import Axis, Rows


def codes(axes: Sequence[Axis], configurations: Sequence[Configuration]) -> Rows:
    """Return the configurations as rows of codes, see region.py; NaN where one has no such axis."""
    rows = [
        [axis.code(each[axis.name]) if axis.name in each else np.nan for each in configurations]
        for axis in axes
    ]
    return np.array(rows, dtype=float).reshape(len(axes), len(configurations)).T


def columns(axes: Sequence[Axis], coded: Rows) -> Rows:
    """Return rows of codes as a model that measures distances takes them: an option has a column.

    An axis that is not in use stands in the middle of its range, or has none of its options: the
    choice that it hangs on tells the model.
    """
    made = []
    for k, axis in enumerate(axes):
        if axis.choices:
            made += [coded[:, k] == option for option in range(len(axis.choices))]
        else:
            made.append(np.nan_to_num(coded[:, k], nan=0.5))
    return np.stack(made, axis=1).astype(float)
