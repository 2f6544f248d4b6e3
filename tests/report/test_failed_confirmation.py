"""A configuration that failed on a fresh seed is said to have, and is compared with nothing."""

from pathlib import Path

import optuna
import pytest

from nia_optuna.findings.findings import Findings, find
from nia_optuna.record import StudyAttr
from nia_optuna.report.answer import answer
from nia_optuna.report.belief import belief
from nia_optuna.report.configurations import top_table
from nia_optuna.report.confirmed_table import confirmation_table
from nia_optuna.report.limits import limits
from nia_optuna.report.write import write_report
from tests.findings import made

SEEDS = (501, 502, 503)


@pytest.fixture
def study() -> optuna.Study:
    return made.confirmed()


@pytest.fixture
def finalists(study: optuna.Study) -> list[int]:
    """The finalists, the chosen one first."""
    chosen = study.user_attrs[StudyAttr.CHOSEN]
    return sorted(chosen["finalists"], key=lambda number: number != chosen["trial"])


def column(found: Findings, place: int) -> dict[str, str]:
    return {row[0]: row[place] for row in confirmation_table(found)}


def test_one_sentence_says_what_failed_how_often_and_why(
    study: optuna.Study, finalists: list[int]
) -> None:
    number = finalists[1]
    made.fail(study, (number, 502))
    (said,) = [reason for reason in belief(find(study)) if "failed" in reason]
    assert said == (
        f"Trial {number} failed on 1 of 3 seeds ({made.DIVERGED}); whatever fails on a fresh seed "
        "is out of the choice and of every comparison here."
    )


def test_nothing_is_said_where_nothing_failed(study: optuna.Study) -> None:
    assert not [reason for reason in belief(find(study)) if "failed" in reason]


@pytest.mark.parametrize("lost", [1, 3])
def test_the_tables_verdict_is_the_failure_and_the_row_is_last(
    study: optuna.Study, finalists: list[int], lost: int
) -> None:
    made.fail(study, *((finalists[1], seed) for seed in SEEDS[:lost]))
    row = confirmation_table(find(study))[-1]
    assert row[0] == f"trial {finalists[1]}"
    assert row[3:6] == ["—", "—", f"failed on {lost} of 3 seeds"]


def test_what_failed_is_tied_with_nothing(study: optuna.Study, finalists: list[int]) -> None:
    verdicts = column(find(study), 5)
    tied = next(n for n in finalists[1:] if verdicts[f"trial {n}"] == "tied")
    made.fail(study, (tied, 501), (tied, 502))
    reasons = belief(find(study))
    assert not [r for r in reasons if "told apart from" in r and f"trial {tied}" in r]
    assert not [r for r in reasons if "ties cannot be judged" in r]


def test_with_nothing_left_to_compare_ties_are_not_spoken_of(
    study: optuna.Study, finalists: list[int]
) -> None:
    made.fail(study, *((number, 501) for number in (*finalists[1:], 0)))
    found = find(study)
    assert not [r for r in belief(found) if "On validation it" in r]
    assert not [limit for limit in limits(found) if "Ties" in limit]


def test_a_mean_of_the_seeds_that_survived_stands_in_no_other_table(
    study: optuna.Study, finalists: list[int]
) -> None:
    made.fail(study, (finalists[1], 502))
    rows = {row[1]: row[3] for row in top_table(find(study))["rows"]}
    assert rows[f"trial {finalists[1]}"] == "failed on 1 of 3 seeds"


def test_a_baseline_that_failed_is_no_baseline_to_beat(study: optuna.Study) -> None:
    made.fail(study, (0, 503))
    found = find(study)
    lost = "the default baseline failed on 1 of 3 seeds"
    assert belief(found)[0].startswith(f"Confirmed with fresh seeds, but {lost}")
    assert answer(found)[0].endswith(f"; {lost}.")


def test_where_none_survived_the_study_is_not_called_unfinished(
    study: optuna.Study, finalists: list[int]
) -> None:
    study.set_user_attr(StudyAttr.CHOSEN, {})
    made.fail(study, *((number, 501) for number in (*finalists, 0)))
    said = " ".join(belief(find(study)))
    assert "No configuration has survived the confirmation so far" in said
    assert "run the study again" not in said


def test_where_even_the_recommended_one_failed_the_report_says_so(
    study: optuna.Study, finalists: list[int], tmp_path: Path
) -> None:
    # A confirmation that went on with more seeds, and was stopped before it chose anew.
    made.fail(study, (finalists[0], 501))
    found = find(study)
    assert belief(found)[0] == "Not confirmed: the recommended one failed on 1 of 3 seeds."
    assert "Trained again it failed on 1 of 3 seeds" in answer(found)[1]
    assert "None" not in write_report(study, tmp_path).read_text()
