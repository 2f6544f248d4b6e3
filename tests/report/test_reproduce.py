"""Whatever decides a number stands in the table of what is needed to run the study again."""

from nia_optuna.findings.read import read
from nia_optuna.record import StudyAttr
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
