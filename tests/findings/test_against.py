import optuna

from nia_optuna.findings.against import against_winner
from nia_optuna.findings.read import read
from nia_optuna.record import StudyAttr
from tests.findings import made


def test_every_other_confirmed_one_is_held_against_the_recommended() -> None:
    study = made.confirmed(baselines=(0, 1))
    found = against_winner(read(study))
    chosen = study.user_attrs[StudyAttr.CHOSEN]
    assert set(found) == {*chosen["finalists"], 0, 1} - {chosen["trial"]}


def test_worse_is_negative_and_what_was_not_scored_has_no_difference() -> None:
    study = made.confirmed(baselines=(0, 1))
    found = against_winner(read(study))
    notebook = found[1]
    assert notebook.test is not None
    assert notebook.test.gain < 0
    finalist = next(n for n in study.user_attrs[StudyAttr.CHOSEN]["finalists"] if n in found)
    assert found[finalist].test is None
    assert found[finalist].validation is not None


def test_what_failed_on_a_seed_is_compared_with_nothing() -> None:
    study = made.confirmed(baselines=(0, 1))
    made.fail(study, (1, 501))
    assert 1 not in against_winner(read(study))
    made.fail(study, (study.user_attrs[StudyAttr.CHOSEN]["trial"], 501))
    assert against_winner(read(study)) == {}


def test_without_a_winner_there_is_nothing_to_hold_against() -> None:
    assert against_winner(read(optuna.create_study())) == {}
