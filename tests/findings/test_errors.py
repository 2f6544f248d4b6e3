import numpy as np
import pytest

from nia_optuna.findings.errors import errors
from nia_optuna.findings.read import read
from nia_optuna.record import StudyAttr
from tests.findings import answered, made


def test_errors_are_counted_for_the_kept_seed_and_over_all() -> None:
    study, _ = answered.digits()
    records = study.user_attrs[StudyAttr.CONFIRMATION]
    wrong = {
        key: int(np.sum(record["confusion"]) - np.trace(record["confusion"]))
        for key, record in records.items()
        if record["confusion"]
    }
    chosen = study.user_attrs[StudyAttr.CHOSEN]["trial"]
    winner, default = errors(read(study))
    assert (winner.trial.number, default.trial.number) == (chosen, 0)
    assert (winner.seed, winner.wrong) == (502, wrong[f"{chosen}/502"])
    assert winner.mean == pytest.approx(
        sum(wrong[f"{chosen}/{seed}"] for seed in answered.SEEDS) / 3
    )
    assert (default.seed, default.wrong, default.of) == (502, wrong["0/502"], 900)


def test_a_baseline_without_the_kept_seed_shows_its_first() -> None:
    study, _ = answered.digits()
    records = dict(study.user_attrs[StudyAttr.CONFIRMATION])
    del records["0/502"]
    study.set_user_attr(StudyAttr.CONFIRMATION, records)
    assert [each.seed for each in errors(read(study))] == [502, 501]


def test_what_was_not_counted_has_no_errors() -> None:
    assert errors(read(made.confirmed())) == ()
