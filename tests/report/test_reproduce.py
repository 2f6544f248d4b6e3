"""Whatever decides a number stands in the table of what is needed to run the study again."""

from optuna.trial import FrozenTrial, create_trial

from nia_optuna.findings.findings import find
from nia_optuna.findings.read import read
from nia_optuna.findings.summary import summary_of
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.report.limits import limits
from nia_optuna.report.reproduce import reproduce
from tests.findings import made


def rows(**settings: object) -> dict[str, str]:
    study = made.empty()
    known = study.user_attrs[StudyAttr.SETTINGS]
    study.set_user_attr(StudyAttr.SETTINGS, known | settings)
    return dict(reproduce(read(study)))


def test_settings_that_decide_a_number_are_told() -> None:
    found = rows(subset=6000, normalise=[0, 1], augment=["crop", "flip"], patience=5, target=0.98)
    assert found["metric"] == "accuracy"
    assert found["held out for validation"] == "0.1"
    assert found["subset of the training examples"] == "6000"
    assert found["normalise"] == "0, 1"
    assert found["augment"] == "crop, flip"
    assert (found["most epochs"], found["patience"], found["target"]) == ("9", "5", "0.98")


def test_what_is_not_set_has_no_row() -> None:
    names = ("patience", "target", "augment", "subset of the training examples")
    assert not rows().keys() & set(names)


def test_how_the_networks_were_trained_is_counted_by_device_and_way() -> None:
    study = made.empty()
    ways = ("single", "stack of 8, then stack of 5", "stack of 1", "stack of 3", "single")
    for way in ways:
        study.add_trial(complete(0.5, {TrialAttr.PATH: f"cpu, bfloat16 autocast: {way}"}))
    study.add_trial(complete(0.5, {TrialAttr.PATH: "cpu, float32: single"}))
    # Where steps are short, whatever the device would take.
    for way in ("single in float32", "stack of 4 in float32, then stack of 2 in float32"):
        study.add_trial(complete(0.5, {TrialAttr.PATH: f"cpu, bfloat16 autocast: {way}"}))
    study.add_trial(complete(0.5, {}))
    assert dict(reproduce(read(study)))["trained"] == (
        "cpu, bfloat16 autocast: 3 alone, 2 in stacks of up to 8; "
        "cpu, float32: 2 alone, 1 in stacks of up to 4"
    )


def test_the_precision_is_told_by_the_trainings_and_only_else_by_the_hardware() -> None:
    study = made.empty()
    assert "float32" in dict(reproduce(read(study)))["hardware"]
    study.add_trial(complete(0.5, {TrialAttr.PATH: "cpu, bfloat16 autocast: single"}))
    assert "float32" not in dict(reproduce(read(study)))["hardware"]


def test_of_a_study_that_says_nothing_of_it_there_is_no_such_row() -> None:
    assert "trained" not in rows()


def complete(value: float, attrs: dict[str, str | int]) -> FrozenTrial:
    return create_trial(value=value, user_attrs=attrs)


def test_a_study_that_extends_another_says_whose_trials_it_holds() -> None:
    study = made.empty()
    assert "extends" not in dict(reproduce(read(study)))
    assert summary_of(study)["extends"] is None
    link = {"study": "first", "trials": 12, "migrated": 2, "left_out": {"outside": 10}}
    study.set_user_attr(StudyAttr.EXTENDS, link)
    study.add_trial(complete(0.5, {TrialAttr.MIGRATED: 0}))
    study.add_trial(complete(0.6, {TrialAttr.MIGRATED: 7}))
    study.add_trial(complete(0.7, {}))
    assert dict(reproduce(read(study)))["extends"] == "first, with 2 of its 12 trials"
    said = " ".join(limits(find(study)))
    assert "2 trials were taken over from first, whose space was another" in said
    assert summary_of(study)["extends"] == {"study": "first", "trials": 12, "migrated": 2}
