"""Which parameters the value hung on, by two of Optuna's evaluators, or why that is unknown.

PED-ANOVA (Watanabe et al. 2023, arXiv 2304.10255; conditional parameters: arXiv 2601.20800) asks
which parameters set the best trials apart; fANOVA (Hutter et al. 2014) splits the variance of a
random forest's prediction. Both see complete trials only, and none outside of the space.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import optuna
from optuna.importance import (
    FanovaImportanceEvaluator,
    PedAnovaImportanceEvaluator,
    get_param_importances,
)
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from nia_optuna.findings.clean import clean_text

if TYPE_CHECKING:
    from optuna.importance import BaseImportanceEvaluator
    from optuna.trial import FrozenTrial

FEWEST_TRIALS = 10
"""Complete trials below which an importance would be noise."""
MOST_TRIALS = 300
"""Complete trials that fANOVA takes; its time grows with the square of their number."""
FEWEST_GOOD = 5
"""Optuna advises at least this many trials among the best for PED-ANOVA."""


@dataclass(frozen=True)
class Importances:
    """Shares of 1 by parameter, the largest first; empty where `missing` says why.

    `left_out` names parameters that this evaluator cannot judge, `basis` what the shares rest on.
    """

    evaluator: str
    shares: dict[str, float]
    basis: str
    left_out: tuple[str, ...] = ()
    missing: str = ""


def importances(study: optuna.Study) -> tuple[Importances, Importances]:
    """Return the importances by PED-ANOVA and by fANOVA; never raises for lack of data.

    PED-ANOVA judges every parameter, conditional ones included; fANOVA those that every complete
    trial has with one and the same range. The same study gives the same shares.
    """
    trials = _usable(study)
    everywhere, somewhere = _parameters(trials)
    reason = _too_little(trials, everywhere + somewhere)
    good = max(0.1, FEWEST_GOOD / len(trials)) if trials else 1.0
    best = math.ceil(good * len(trials))
    # The evaluators read a study, and a trial without parameters leaves them nothing in common.
    inside = len(trials) == len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
    judged = study if inside or reason else _study_of(study, trials)
    counted = f"{len(trials)} complete trials{'' if inside else ' inside of the space'}"
    spread, basis = judged, f"the variance over all {counted}"
    if len(trials) > MOST_TRIALS and not reason:
        spread = _study_of(study, _spread(trials))
        basis = f"the variance over {MOST_TRIALS} of {counted}, evenly spaced"
    return (
        _shares(
            judged,
            "PED-ANOVA",
            sorted(everywhere + somewhere),
            lambda: PedAnovaImportanceEvaluator(target_quantile=good),
            basis=f"what sets the best {best} of {counted} apart",
            missing=reason,
        ),
        _shares(
            spread,
            "fANOVA",
            everywhere,
            lambda: FanovaImportanceEvaluator(seed=0),
            basis=basis,
            left_out=tuple(map(clean_text, somewhere)),
            missing=reason
            or ("" if len(everywhere) > 1 else "fewer than two parameters are in every trial"),
        ),
    )


def agreement(found: tuple[Importances, Importances]) -> bool | None:
    """Return whether both evaluators name the same parameter first; None if one is missing."""
    first = [next(iter(each.shares), None) for each in found]
    return None if None in first else first[0] == first[1]


def _shares(
    study: optuna.Study,
    evaluator: str,
    params: list[str],
    build: Callable[[], BaseImportanceEvaluator],
    *,
    basis: str,
    left_out: tuple[str, ...] = (),
    missing: str,
) -> Importances:
    if missing:
        return Importances(evaluator, {}, basis, left_out, missing)
    with warnings.catch_warnings():
        # Optuna warns of few trials in a branch and of `normalize` being experimental; the first
        # is part of the caution every report carries, the second is pinned by a test.
        warnings.simplefilter("ignore")
        try:
            raw = get_param_importances(study, evaluator=build(), params=params, normalize=False)
        except RuntimeError as error:
            return Importances(evaluator, {}, basis, left_out, clean_text(str(error)))
    # Normalised by hand: Optuna turns all-zero scores into equal shares, which would read as a
    # result.
    total = math.fsum(raw.values())
    if not total > 0:
        return Importances(evaluator, {}, basis, left_out, "no parameter made a difference")
    order = sorted(raw, key=lambda name: (-raw[name], name))
    return Importances(
        evaluator, {clean_text(name): float(raw[name]) / total for name in order}, basis, left_out
    )


def _spread(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    """Return MOST_TRIALS of the trials, from the first to the last."""
    return [trials[k * (len(trials) - 1) // (MOST_TRIALS - 1)] for k in range(MOST_TRIALS)]


def _study_of(study: optuna.Study, kept: list[FrozenTrial]) -> optuna.Study:
    """Return a study in memory that has only those trials."""
    made = optuna.create_study(storage=InMemoryStorage(), direction=study.direction)
    made.add_trials(kept)
    return made


def _usable(study: optuna.Study) -> list[FrozenTrial]:
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    finite = [trial for trial in trials if math.isfinite(cast("float", trial.value))]
    # A baseline outside of the space has no parameters; where nobody has any, that is the finding.
    return [trial for trial in finite if trial.distributions] or finite


def _parameters(trials: list[FrozenTrial]) -> tuple[list[str], list[str]]:
    """Return the parameters that every trial has with one range, and the others, both sorted."""
    names = sorted({name for trial in trials for name in trial.distributions})
    everywhere = [
        name
        for name in names
        if all(t.distributions.get(name) == trials[0].distributions.get(name) for t in trials)
    ]
    return everywhere, [name for name in names if name not in everywhere]


def _too_little(trials: list[FrozenTrial], params: list[str]) -> str:
    if len(trials) < FEWEST_TRIALS:
        return f"{len(trials)} complete trials are too few, {FEWEST_TRIALS} are needed"
    if len(params) == 1:
        return "only one parameter was searched"
    if not params:
        return "no parameter was searched"
    if len({trial.value for trial in trials}) == 1:
        return "all complete trials have the same value"
    return ""
