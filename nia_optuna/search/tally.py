"""How far a study is: pure functions of its trials."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.trial import FrozenTrial, TrialState

from nia_optuna.metric import Metric, maximised
from nia_optuna.record import TrialAttr
from nia_optuna.search.sampler import STARTUP_TRIALS
from nia_optuna.study import Study

KEPT = (TrialState.COMPLETE, TrialState.PRUNED)


def missing(trials: Sequence[FrozenTrial], study: Study, cells: int) -> int:
    """Return how many trials the budget still asks for; those that run or wait are missing.

    Of a grid the budget counts the `cells`, and there are no more than it has; baselines that are
    no cells come on top.
    """
    asked = study.budget.trials
    if study.sampler != "grid":
        return max(0, asked - finished(trials, grid=False))
    # A cell that diverged is a cell done.
    done = {t.user_attrs[TrialAttr.CELL] for t in trials if _is_cell(t) and t.state.is_finished()}
    others = sum(not (_is_cell(t) or t.state.is_finished()) for t in trials)
    return max(0, min(asked, cells) - len(done)) + others


def finished(trials: Sequence[FrozenTrial], *, grid: bool) -> int:
    """Return how many trials count towards the total: complete, pruned, and failed cells."""
    failed = grid and sum(t.state == TrialState.FAIL and _is_cell(t) for t in trials)
    return sum(t.state in KEPT for t in trials) + failed


def best(trials: Sequence[FrozenTrial], metric: Metric) -> float | None:
    """Return the best value of all complete trials."""
    values: list[float] = [t.values[0] for t in trials if t.state == TrialState.COMPLETE]
    if not values:
        return None
    return (max if maximised(metric) else min)(values)


def blind(trials: Sequence[FrozenTrial], study: Study, cells: int) -> int:
    """Return how many of the next trials are drawn without regard to what others have come to.

    Those that wait, the cells of a grid, random draws, and the first draws of a model.
    """
    if study.sampler in ("random", "grid"):
        return missing(trials, study, cells)
    waiting = sum(t.state == TrialState.WAITING for t in trials)
    first = STARTUP_TRIALS if isinstance(study.sampler, str) else 0
    return waiting + max(0, first - len(trials))


def _is_cell(trial: FrozenTrial) -> bool:
    return TrialAttr.CELL in trial.user_attrs
