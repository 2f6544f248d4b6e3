"""Pruned trials are shown to the sampler with the value they were heading for."""

from collections.abc import Mapping

import pytest
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from nia_optuna.search.imputation import imputed_values, median_gain

UP, DOWN = StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE


def trial(
    number: int, state: TrialState, value: float | None, curve: Mapping[int, float]
) -> FrozenTrial:
    made = create_trial(state=state, value=value, intermediate_values=dict(curve))
    made.number = number
    return made


COMPLETE = [
    trial(0, TrialState.COMPLETE, 0.9, {1: 0.5, 2: 0.8, 3: 0.9}),
    trial(1, TrialState.COMPLETE, 0.7, {1: 0.6, 2: 0.65, 3: 0.7}),
    trial(2, TrialState.COMPLETE, 0.8, {1: 0.5, 2: 0.7, 3: 0.8}),
]


def test_the_gain_from_an_epoch_is_the_median_over_completed_trials() -> None:
    assert median_gain(COMPLETE, 1) == pytest.approx(0.3)
    assert median_gain(COMPLETE, 2) == pytest.approx(0.1)


def test_an_epoch_that_no_completed_trial_has_gains_nothing() -> None:
    assert median_gain(COMPLETE, 9) == 0


def test_a_pruned_trial_gets_its_last_value_plus_the_median_gain() -> None:
    pruned = trial(3, TrialState.PRUNED, 0.4, {1: 0.3, 2: 0.4})
    assert imputed_values([*COMPLETE, pruned], UP)[3] == pytest.approx(0.5)


@pytest.mark.parametrize(("direction", "worst"), [(UP, 0.7), (DOWN, 0.9)])
def test_a_failed_trial_gets_the_worst_value_of_all(
    direction: StudyDirection, worst: float
) -> None:
    failed = trial(3, TrialState.FAIL, None, {})
    assert imputed_values([*COMPLETE, failed], direction)[3] == worst


def test_without_a_finished_trial_nothing_is_imputed() -> None:
    assert imputed_values([trial(0, TrialState.FAIL, None, {})], UP) == {}
