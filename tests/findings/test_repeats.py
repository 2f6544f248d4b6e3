"""A trial whose value is the mean over several seeds, and one that says how long it may train."""

from statistics import fmean

import pytest
from optuna.trial import TrialState

from nia_optuna.findings.cost import cost
from nia_optuna.findings.frames import trials_frame
from nia_optuna.findings.importances import importances
from nia_optuna.findings.read import read
from nia_optuna.record import StudyAttr, TrialAttr
from tests.findings import made, regression


def test_the_value_is_the_mean_of_what_its_trainings_reached() -> None:
    trial = read(regression.searched()).trials[3]
    assert len(trial.values) == regression.REPEATS
    assert fmean(trial.values) == pytest.approx(trial.value)
    best_of_first = min(epoch.metric for epoch in trial.curve if epoch.metric is not None)
    assert trial.values[0] == pytest.approx(best_of_first)


def test_a_trial_of_one_seed_reached_its_value() -> None:
    trial = read(regression.searched(repeats=1)).trials[3]
    assert trial.values == (trial.value,)


def test_the_bill_counts_every_repeat() -> None:
    found = cost(read(regression.searched(trials=5)))
    assert found.search["complete"].trainings == 5 * 10
    assert found.epochs_trained == 4 * 10 * 30 + 10 * 17


def test_pruning_saves_of_each_trial_what_it_might_have_trained() -> None:
    study = made.empty()
    made.add(study, made.DEFAULTS, TrialState.PRUNED, epochs=3)
    made.add(study, made.DEFAULTS, TrialState.PRUNED, epochs=3, attrs={TrialAttr.EPOCHS: 5})
    assert cost(read(study)).epochs_saved == (9 - 3) + (5 - 3)


def test_pruning_saves_the_repeats_that_were_never_begun() -> None:
    study = made.empty()
    settings = made.STUDY_ATTRS[StudyAttr.SETTINGS] | {"repeats": 4}
    study.set_user_attr(StudyAttr.SETTINGS, settings)
    made.add(study, made.DEFAULTS, TrialState.PRUNED, epochs=3)
    assert cost(read(study)).epochs_saved == 4 * 9 - 3


def test_the_frame_carries_seeds_and_recipes() -> None:
    trials = trials_frame(read(regression.searched()))
    assert list(trials["seeds"])[:2] == [10, 10]
    assert list(trials["most_epochs"])[:2] == [30, 17]
    assert trials["recipe"][1] == regression.BY_HAND


def test_the_errors_of_a_regression_are_read_by_epoch() -> None:
    first = read(regression.searched()).trials[0].curve[0]
    assert first.metric == first.validation_mse is not None
    assert first.blank_loss == regression.BLANK


def test_a_trial_outside_of_the_space_is_left_out_of_importances() -> None:
    study = regression.searched()
    found = importances(study)
    assert set(found.order) == {"batch_size", "lr", "width"}
    assert found.basis == "19 trials (19 complete)"


def test_the_task_and_the_loss_are_read_and_old_studies_are_of_classes() -> None:
    facts = read(regression.searched())
    assert (facts.task, facts.loss, facts.metric) == ("regression", "squared", "mse")
    assert (read(made.empty()).task, read(made.empty()).loss) == ("classification", None)
