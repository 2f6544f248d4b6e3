import math

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from nia_optuna.findings.read import read
from nia_optuna.findings.usable import ENDINGS, count, evenly, usable
from nia_optuna.record import TrialAttr

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
    assert [trial.value for trial in found] == pytest.approx([0.9, 0.8, 0.55, 0.55, 0.55])
    assert [trial.number for trial in found] == [0, 1, 2, 3, 4]
    assert [count(found, state) for state in ENDINGS] == [2, 1, 2]


def test_nothing_is_usable_before_anything_is_complete_or_without_parameters() -> None:
    pruned = study_of((TrialState.PRUNED, 0.3, {1: 0.2}), (TrialState.FAIL, None, {}))
    assert usable(pruned) == ()
    outside = optuna.create_study()
    outside.add_trial(create_trial(value=1.0))
    assert usable(outside) == ()


def test_models_and_facts_take_the_same_end_for_a_pruned_trial_as_the_sampler_does() -> None:
    study = study_of(
        (TrialState.COMPLETE, 0.9, {1: 0.5}),
        (TrialState.PRUNED, 0.2, {1: 0.2}),
    )
    # Without parameters, but no recipe of its own: it says what is gained, as the first one does.
    study.add_trial(create_trial(value=0.6, intermediate_values={1: 0.4}))
    own = {str(TrialAttr.RECIPE): "Recipe()"}
    study.add_trial(create_trial(value=9.0, intermediate_values={1: 0.0}, user_attrs=own))
    (_, cut) = usable(study)
    assert cut.value == pytest.approx(0.2 + (0.4 + 0.2) / 2)
    assert read(study).trials[1].heading == cut.value


def test_names_and_choices_are_as_clean_as_facts_have_them() -> None:
    study = optuna.create_study()
    space: dict[str, BaseDistribution] = {"a\nb": CategoricalDistribution(("\u202ex", "y"))}
    study.add_trial(create_trial(value=1.0, params={"a\nb": "\u202ex"}, distributions=space))
    (tried,) = usable(study)
    assert tried.params == read(study).trials[0].configuration == {"a b": " x"}


def test_of_many_places_so_many_are_taken_from_the_first_to_the_last() -> None:
    assert evenly(3, 4) == [0, 1, 2]
    assert evenly(10_000, 3) == [0, 4999, 9999]
