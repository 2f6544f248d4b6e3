"""Optuna's Gaussian process, its parameters fitted once for all proposals from the same trials."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import optuna
from optuna.samplers import GPSampler
from optuna.trial import TrialState

from nia_optuna.search.shadow import Shadow

if TYPE_CHECKING:
    import numpy as np


@dataclass
class Process:
    """Makes samplers whose fits begin where the fit of the finished trials alone ended.

    That is so for the first of several proposals too, so that a proposal depends on the trials and
    its own seed and not on who was asked before it. Fitting from there takes a tenth of the time.
    """

    startup: int
    _known: list[tuple[dict[str, Any], float | None]] = field(default_factory=list)
    _fit: Any = None

    def sampler(self, shadow: Shadow, seed: int) -> GPSampler:
        """Return the sampler to propose a trial beside those of `shadow`."""
        finished = [t for t in shadow.trials if t.state == TrialState.COMPLETE]
        if self._known != (known := [(t.params, t.value) for t in finished]):
            fit = self._made(_Fit, 0)
            replace(shadow, trials=finished).propose(fit)
            self._known, self._fit = known, fit._gprs_cache_list  # noqa: SLF001
        sampler = self._made(GPSampler, seed)
        sampler._gprs_cache_list = self._fit  # noqa: SLF001  # Optuna has no public word for it
        return sampler

    def _made(self, kind: type[GPSampler], seed: int) -> GPSampler:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return kind(seed=seed, n_startup_trials=self.startup, warn_independent_sampling=False)


class _Fit(GPSampler):
    """Fits the process, and looks for no point to try."""

    def _optimize_acqf(self, acqf: object, best_params: np.ndarray | None) -> np.ndarray:  # noqa: ARG002
        assert best_params is not None, "there are finished trials, and one is the best"
        point: np.ndarray = best_params[0]
        return point
