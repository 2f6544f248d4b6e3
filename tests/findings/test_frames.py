import optuna

from nia_optuna.findings.frames import CURVE_COLUMNS, TRIAL_COLUMNS, curves_frame, trials_frame
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


def test_curves_have_one_row_an_epoch() -> None:
    facts = read(made.searched())
    frame = curves_frame(facts)
    assert list(frame.columns) == list(CURVE_COLUMNS)
    assert len(frame) == sum(trial.epochs for trial in facts.trials)


def test_a_study_without_trials_has_empty_frames_with_all_columns() -> None:
    facts = read(optuna.create_study())
    assert trials_frame(facts).empty
    assert list(curves_frame(facts).columns) == list(CURVE_COLUMNS)


def frame_is_missing(value: object) -> bool:
    return str(value) == "<NA>"
