"""When a trial may be given up for its validation metric."""

from __future__ import annotations

import math

from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner

from nia_optuna.settings import PrunerName


def pruner_of(named: PrunerName | BasePruner, epochs: int) -> BasePruner:
    """Return the pruner a study asks for; one of Optuna's own is used as it is.

    "halving" is asynchronous successive halving (Li et al. 2020, arXiv 1810.05934) with a
    reduction factor of 3 and its first rung at a tenth of the epochs, at least three: earlier
    rungs were measured to prune the wrong trials.
    """
    if isinstance(named, BasePruner):
        return named
    first_rung = max(3, math.ceil(epochs / 10))
    if named == "halving":
        return SuccessiveHalvingPruner(min_resource=first_rung, reduction_factor=3)
    if named == "median":
        return MedianPruner(n_warmup_steps=first_rung)
    return NopPruner()
