import math

import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from nia_optuna.findings.usable import usable

SPACE: dict[str, BaseDistribution] = {"a": FloatDistribution(0, 1)}


def study_of(*trials: tuple[TrialState, float | None, dict[int, float]]) -> optuna.Study:
    study = optuna.create_study(direction="maximize")
    for state, value, reported in trials:
        study.add_trial(
            create_trial(
                state=state,
                value=value,
                params={"a": 0.5},
                distributions=SPACE,
                intermediate_values=reported,
            )
        )
    return study


def test_a_pruned_trial_stands_with_what_it_was_heading_for_and_a_failed_one_with_the_worst() -> (
    None
):
    found = usable(
        study_of(
            (TrialState.COMPLETE, 0.9, {1: 0.5, 2: 0.7}),
            (TrialState.COMPLETE, 0.8, {1: 0.5, 2: 0.5}),
            (TrialState.PRUNED, 0.3, {1: 0.2, 2: 0.3}),
            (TrialState.FAIL, None, {}),
            (TrialState.COMPLETE, -math.inf, {}),
            (TrialState.PRUNED, None, {}),
            (TrialState.RUNNING, None, {1: 0.4}),
        )
    )
    assert found.values == pytest.approx((0.9, 0.8, 0.55, 0.55, 0.55))
    assert (found.complete, found.pruned, found.failed) == (2, 1, 2)


def test_nothing_is_usable_before_anything_is_complete_or_without_parameters() -> None:
    pruned = study_of((TrialState.PRUNED, 0.3, {1: 0.2}), (TrialState.FAIL, None, {}))
    assert usable(pruned).values == ()
    outside = optuna.create_study()
    outside.add_trial(create_trial(value=1.0))
    assert usable(outside).values == ()
