import optuna

from nia_optuna.findings.frames import TRIAL_COLUMNS, trials_frame
from nia_optuna.findings.read import read
from tests.findings import made


def test_trials_have_their_facts_then_their_parameters() -> None:
    frame = trials_frame(read(made.searched()))
    names = [f"param.{name}" for name in sorted(made.SPACE)]
    assert list(frame.columns) == [*TRIAL_COLUMNS, *names]
    assert list(frame["number"]) == list(range(31))


def test_parameters_keep_their_kind_and_are_missing_where_a_branch_was_not_taken() -> None:
    first = trials_frame(read(made.searched())).iloc[0]
    assert isinstance(first["param.depth"], int)
    assert isinstance(first["param.sgd.lr"], float)
    assert frame_is_missing(first["param.adamw.lr"])


def test_a_study_without_trials_has_an_empty_frame_with_all_columns() -> None:
    facts = read(optuna.create_study())
    assert trials_frame(facts).empty
    assert list(trials_frame(facts).columns) == list(TRIAL_COLUMNS)


def frame_is_missing(value: object) -> bool:
    return str(value) == "<NA>"
