"""Random forests (Breiman 2001): the one place that grows them, and how far to believe them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nia_optuna.findings.region import Rows

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestRegressor

_Z975 = 1.959964


@dataclass(frozen=True, eq=False)
class Forest:
    """A forest fitted to so many `rows`."""

    fitted: RandomForestRegressor
    rows: int

    def mean(self, asked: Rows) -> NDArray[np.float64]:
        """Return what the forest predicts for rows (n, columns): the mean of its trees, (n,)."""
        return np.asarray(self.fitted.predict(asked))

    def by_tree(self, asked: Rows) -> NDArray[np.float64]:
        """Return what every tree predicts: (trees, n)."""
        taken = asked.astype(np.float32)
        return np.stack([t.tree_.predict(taken).reshape(-1) for t in self.fitted.estimators_])

    def unseen(self) -> NDArray[np.float64]:
        """Return what trees predict, on average, for the rows they had not drawn (out of bag).

        Only of a forest that was grown for it.
        """
        return np.asarray(self.fitted.oob_prediction_)

    @cached_property
    def drawn(self) -> NDArray[np.float64]:
        """How often each tree drew each row: (trees, rows)."""
        drawn = [np.bincount(d, minlength=self.rows) for d in self.fitted.estimators_samples_]
        return np.stack(drawn).astype(float)

    def half_widths(self, predicted: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return half of the 95 % interval of the means over trees of (trees, n).

        The variance is the mean of the infinitesimal jackknife's and the jackknife's after the
        bootstrap, both corrected for the number of trees: the one is too small, the other too
        large (Wager, Hastie & Efron 2014). The Monte Carlo error of that number is added.
        """
        trees, rows = self.drawn.shape
        off = predicted - predicted.mean(axis=0)
        error = np.square(off).mean(axis=0) / trees
        covariance = (self.drawn - self.drawn.mean(axis=0)).T @ off / trees
        small = np.square(covariance).sum(axis=0) - rows * error
        without = (self.drawn == 0).T
        moved = without @ off / without.sum(axis=1, keepdims=True)
        large = (1 - 1 / rows) * np.square(moved).sum(axis=0)
        large -= (math.e - 1) * rows * error
        variance = np.maximum((small + large) / 2, 0) + error
        widths: NDArray[np.float64] = _Z975 * np.sqrt(variance)
        return widths


def grown(
    rows: Rows, values: NDArray[np.float64], trees: int, seed: int, *, unseen: bool = False
) -> Forest:
    """Return a forest of so many trees fitted to rows (n, columns) and their values (n,).

    With `unseen` it also keeps what its trees predict for rows that they had not drawn.
    """
    from sklearn.ensemble import RandomForestRegressor  # loads slowly; status must not

    forest = RandomForestRegressor(trees, oob_score=unseen, random_state=seed)
    return Forest(forest.fit(rows, values), len(values))
