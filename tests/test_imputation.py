"""Pruned trials stand with the value they were heading for, in the search and in findings."""

import math
import time
from collections.abc import Mapping

import pytest
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from nia_optuna.imputation import imputed

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


def test_a_pruned_trial_gets_its_last_value_plus_the_median_gain_from_there() -> None:
    early, late = (
        trial(3, TrialState.PRUNED, 0.3, {1: 0.3}),
        trial(4, TrialState.PRUNED, 0.4, {1: 0.3, 2: 0.4}),
    )
    assert imputed([*COMPLETE, early, late], UP).pruned == pytest.approx({3: 0.6, 4: 0.5})


def test_at_an_epoch_that_no_complete_trial_has_it_stands_with_its_last_value() -> None:
    pruned = trial(3, TrialState.PRUNED, 0.4, {1: 0.3, 9: 0.4})
    assert imputed([*COMPLETE, pruned], UP).pruned == {3: 0.4}
    assert imputed([pruned], UP).values == {3: 0.4}


@pytest.mark.parametrize(("direction", "worst"), [(UP, 0.7), (DOWN, 0.9)])
def test_a_failed_trial_gets_the_worst_value_of_all(
    direction: StudyDirection, worst: float
) -> None:
    failed = trial(3, TrialState.FAIL, None, {})
    assert imputed([*COMPLETE, failed], direction).failed == {3: worst}


def test_what_ended_on_no_finite_value_counts_as_failed() -> None:
    found = imputed(
        [
            *COMPLETE,
            trial(3, TrialState.COMPLETE, math.inf, {1: 0.1}),
            trial(4, TrialState.PRUNED, 0.5, {1: 0.5, 2: math.nan}),
        ],
        UP,
    )
    assert (found.pruned, found.failed) == ({}, {3: 0.7, 4: 0.7})


def test_no_gain_is_learned_from_an_epoch_that_is_not_finite() -> None:
    odd = trial(3, TrialState.COMPLETE, 0.9, {1: math.nan})
    pruned = trial(4, TrialState.PRUNED, 0.2, {1: 0.2})
    assert imputed([*COMPLETE, odd, pruned], UP).pruned == pytest.approx({4: 0.5})


def test_who_said_nothing_and_who_is_not_done_has_no_value() -> None:
    silent = trial(3, TrialState.PRUNED, None, {})
    running = trial(4, TrialState.RUNNING, None, {1: 0.4})
    assert imputed([*COMPLETE, silent, running], UP).values.keys() == {0, 1, 2}


def test_without_any_value_nothing_is_imputed() -> None:
    assert imputed([trial(0, TrialState.FAIL, None, {})], UP).values == {}


def test_ten_thousand_trials_take_no_second() -> None:
    many = [
        trial(
            number,
            TrialState.PRUNED if number % 2 else TrialState.COMPLETE,
            1.0,
            {epoch: epoch / 20 for epoch in range(1, 1 + (number % 20 if number % 2 else 20))},
        )
        for number in range(10_000)
    ]
    began = time.process_time()
    assert len(imputed(many, UP).values) == 10_000
    assert time.process_time() - began < 1
