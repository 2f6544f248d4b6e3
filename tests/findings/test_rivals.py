import optuna

from nia_optuna.findings.read import read
from nia_optuna.findings.rivals import rivals
from nia_optuna.record import StudyAttr
from tests.findings import made, regression


def test_every_confirmed_baseline_is_compared_on_the_test_part() -> None:
    found = rivals(read(made.confirmed(baselines=(0, 1))))
    assert [(each.trial.baseline, each.part) for each in found] == [
        ("default", "test"),
        ("notebook", "test"),
    ]
    assert [each.verdict for each in found] == ["is not shown to beat it", "beats it"]


def test_a_lower_error_beats_a_higher_one() -> None:
    found = rivals(read(regression.confirmed()))
    assert {each.trial.baseline: each.verdict for each in found} == {
        "default": "beats it",
        "by hand": "beats it",
    }
    assert all(each.difference.gain > 0 for each in found)


def test_a_winner_that_is_worse_on_test_says_so() -> None:
    study = regression.confirmed()
    runs = study.user_attrs[StudyAttr.CONFIRMATION]
    for run in runs.values():
        if run["trial"] == 0:
            run["test"] = 1.0
    study.set_user_attr(StudyAttr.CONFIRMATION, runs)
    assert rivals(read(study))[0].verdict == "is worse than it"


def test_a_baseline_that_failed_on_a_seed_is_compared_with_nothing() -> None:
    study = made.confirmed(baselines=(0, 1))
    made.fail(study, (1, 502))
    assert [each.trial.baseline for each in rivals(read(study))] == ["default"]


def test_one_seed_shows_nothing() -> None:
    found = rivals(read(regression.confirmed(seeds=1)))
    assert {each.verdict for each in found} == {"is not shown to beat it"}


def test_without_a_winner_there_are_no_rivals() -> None:
    assert rivals(read(optuna.create_study())) == ()
