"""Two models of how the value depends on the configuration, that fail in different ways.

A Gaussian process takes the value to be smooth in every parameter; a random forest (forest.py)
cuts the space into boxes. What both say is unlikely to be either's assumption.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Kernel, Matern, WhiteKernel

from nia_optuna.findings.forest import grown
from nia_optuna.findings.region import Rows

Model = Callable[[Rows], NDArray[np.float64]]
"""Columns (n, columns) → predicted values (n,)."""
Fit = Callable[[Rows, NDArray[np.float64], int], Model]
"""Columns, values and a seed → a model."""

_TREES = 16
_STEPS = 50  # of the search for the process's lengthscales
_STEPS_AGAIN = 10  # likewise, from lengthscales that fit nearly the same trials


def forest(rows: Rows, values: NDArray[np.float64], seed: int) -> Model:
    """Return a random forest fitted to the rows."""
    return grown(rows, values, _TREES, seed).mean


def process(rows: Rows, values: NDArray[np.float64]) -> tuple[Model, Fit]:
    """Return a Gaussian process fitted to the rows, and how to fit it again to some of them.

    Matérn 5/2 with a lengthscale a column, all by maximum likelihood (Rasmussen & Williams 2006,
    5.4.1); the second fit begins at the lengthscales of the first.
    """
    start = ConstantKernel(1.0, (1e-2, 1e2)) * Matern(
        np.full(rows.shape[1], 0.5), (5e-2, 2e1), nu=2.5
    ) + WhiteKernel(0.1, (1e-3, 1.0))
    first = _fitted(start, rows, values, _STEPS)

    def again(some: Rows, theirs: NDArray[np.float64], seed: int) -> Model:  # noqa: ARG001
        return _model(_fitted(first.kernel_, some, theirs, _STEPS_AGAIN))

    return _model(first), again


def _model(fitted: GaussianProcessRegressor) -> Model:
    return lambda asked: np.asarray(fitted.predict(asked))


def _fitted(
    kernel: Kernel, rows: Rows, values: NDArray[np.float64], steps: int
) -> GaussianProcessRegressor:
    def optimizer(
        loss: Callable[..., Any],
        theta: NDArray[np.float64],
        bounds: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], float]:
        found = minimize(
            loss,
            theta,
            method="L-BFGS-B",
            jac=True,
            bounds=Bounds(bounds[:, 0], bounds[:, 1]),
            options={"maxiter": steps},
        )
        return found.x, float(found.fun)

    with warnings.catch_warnings():
        # A lengthscale at the end of its bounds says that a parameter does not matter.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianProcessRegressor(kernel, normalize_y=True, optimizer=optimizer).fit(
            rows, values
        )
