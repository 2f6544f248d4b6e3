import math
from datetime import UTC, datetime, timedelta

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from nia_optuna.findings.facts import FactsError
from nia_optuna.findings.read import read
from nia_optuna.record import StudyAttr, TrialAttr
from tests.findings import made


def test_every_fact_of_a_confirmed_study_is_read() -> None:
    facts = read(made.confirmed())
    assert (facts.name, facts.metric, facts.direction) == ("cifar_cnn", "accuracy", "maximize")
    assert facts.dataset.validation == 5000
    assert len(facts.trials) == 31
    assert facts.trials[1].baseline == "notebook"
    assert facts.trials[0].epochs == made.EPOCHS
    assert facts.trials[0].curve[-1].metric == facts.trials[0].curve[-1].validation_accuracy
    assert facts.chosen in facts.finalists
    assert len(facts.runs) == 12
    assert [s.stage for s in facts.sessions] == ["search", "confirmation"]
    assert {p.name: p.searched for p in facts.space}["sgd.lr"] == "0.001 to 1 (log)"


def test_a_study_of_plain_optuna_is_read_as_far_as_it_goes() -> None:
    study = optuna.create_study()
    study.optimize(lambda trial: trial.suggest_float("x", -1, 1) ** 2, n_trials=3)
    facts = read(study)
    assert (facts.metric, facts.question, facts.runs) == ("value", "", ())
    assert len(facts.trials) == 3


def test_attributes_of_the_wrong_kind_count_as_absent() -> None:
    study = optuna.create_study(direction="maximize")
    for name in StudyAttr:
        study.set_user_attr(name, ["nonsense", 3])
    study.add_trial(
        create_trial(
            value=1.0, user_attrs={str(name): {"x": [math.nan, "y"]} for name in TrialAttr}
        )
    )
    facts = read(study)
    assert facts.dataset.name is None
    assert facts.trials[0].curve == ()
    assert facts.trials[0].seed is None


def test_a_trial_killed_before_its_curve_was_written_shows_what_it_reported() -> None:
    study = optuna.create_study()
    trial = study.ask()
    trial.report(0.5, 1)
    trial.report(0.6, 2)
    facts = read(study)
    assert facts.trials[0].state == "running"
    assert [epoch.metric for epoch in facts.trials[0].curve] == [0.5, 0.6]


def test_a_value_that_is_not_finite_is_none() -> None:
    study = optuna.create_study()
    study.add_trial(create_trial(state=TrialState.COMPLETE, value=-math.inf))
    assert read(study).trials[0].value is None


def test_times_are_utc_and_what_is_no_time_is_none() -> None:
    study = optuna.create_study()
    for told in ([1.5, 61.75, 3.0], [1.5, 61.75], None, [1e300, 2.0]):
        attrs = {} if told is None else {str(TrialAttr.TIMES): told}
        study.add_trial(create_trial(value=1.0, user_attrs=attrs))
    ours, failed, plain, never = read(study).trials
    assert ours.begun == datetime(1970, 1, 1, 0, 0, 3, tzinfo=UTC)
    assert (failed.asked, failed.begun, failed.told) == (ours.asked, None, ours.told)
    assert ours.asked == datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC)
    assert ours.told == datetime(1970, 1, 1, 0, 1, 1, 750_000, UTC)
    assert plain.told is not None
    assert abs(datetime.now(UTC) - plain.told) < timedelta(minutes=1)
    assert (never.asked, never.begun, never.told) == (None, None, None)


def test_several_objectives_are_refused_in_one_line() -> None:
    study = optuna.create_study(directions=["minimize", "maximize"], study_name="two")
    with pytest.raises(FactsError, match="'two' has 2 objectives"):
        read(study)
