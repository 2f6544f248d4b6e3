"""A coarse rehearsal of a study: the whole loop on real data in minutes.

Its best configurations start the full study: searching coarsely on little data first, then
refining on more, is what practitioners advise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from nia_optuna.budget import Budget
from nia_optuna.record import QUICK, StudyAttr
from nia_optuna.search.contest import finalists
from nia_optuna.study import Study

SHARE = 0.1
MOST_TRIALS = 12
MOST_EPOCHS = 4
MOST_FINALISTS = 2
MOST_SEEDS = 2
PASSED_ON = 3


def rehearsal_of(study: Study) -> Study:
    """Return the study on a tenth of its training pictures, with few epochs and few trials."""
    budget = study.budget
    small = Budget(
        trials=min(budget.trials, MOST_TRIALS),
        epochs=min(budget.epochs, MOST_EPOCHS),
        timeout=budget.timeout,
        patience=budget.patience,
        target=budget.target,
        finalists=min(budget.finalists, MOST_FINALISTS),
        seeds=min(budget.seeds, MOST_SEEDS),
    )
    subset = SHARE if study.subset is None else _tenth(study.subset)
    return replace(
        study,
        name=f"{study.name}{QUICK}",
        budget=small,
        subset=subset,
        repeats=min(study.repeats, MOST_SEEDS),
    )


def rehearsed(
    storage: optuna.storages.BaseStorage,
    study: Study,
    space: list[dict[str, Any]],
    apart_from: Sequence[Mapping[str, object]],
) -> tuple[str, list[FrozenTrial]]:
    """Return the name of the study's rehearsal and its best trials, best first.

    Configurations in `apart_from` are left out: they are tried anyway. None are returned where
    there is no rehearsal, or one of another space or metric.
    """
    name = f"{study.name}{QUICK}"
    try:
        stored = optuna.load_study(study_name=name, storage=storage)
    except KeyError:
        return name, []
    attrs = stored.user_attrs
    if attrs.get(StudyAttr.SPACE) != space or attrs.get(StudyAttr.METRIC) != study.metric:
        return name, []
    others = [t for t in stored.get_trials(deepcopy=False) if t.params not in apart_from]
    return name, finalists(others, study.metric, PASSED_ON)


def _tenth(subset: float) -> float:
    """Return a share of a share, or a count of a count."""
    return subset * SHARE if isinstance(subset, float) else max(1, int(subset * SHARE))
