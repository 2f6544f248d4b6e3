"""Two notes beside the tables: what failed trials share, and what is nearly as good for less."""

from dataclasses import replace

import pytest

from nia_optuna.findings.against import Against
from nia_optuna.findings.cheaper import Cheaper
from nia_optuna.findings.clusters import Cluster
from nia_optuna.findings.confirmation import Difference
from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings, find
from nia_optuna.report.cheaper import cheaper
from nia_optuna.report.clusters import clusters
from nia_optuna.report.write import write_report
from tests.findings import made

CHOICE = Cluster("optimizer", 0.0012, 9, 5, 25, choice="sgd", failed=5, finished=3)
END = Cluster("lr", 0.02, 9, 5, 25, tends="higher", between=(0.31, 0.92), middle=0.5, usual=0.0123)
BEST = TrialFacts(4, "complete", value=0.9, parameters=300_000)
QUICK = TrialFacts(7, "complete", value=0.9, parameters=290_000)
SMALL = TrialFacts(8, "complete", value=0.9, parameters=30_000, baseline="tiny")


@pytest.fixture(scope="module")
def found() -> Findings:
    return find(made.empty())


def test_a_choice_and_a_tendency_are_said_with_their_tests(found: Findings) -> None:
    said = clusters(replace(found, clusters=(CHOICE, END)))
    assert "5 of 5 failed trials have optimizer sgd, as 3 of 25 others do (p = 0.0012)" in said
    assert (
        "failed trials tend to higher lr (0.31 to 0.92, median 0.5 against 0.0123; p = 0.02)"
        in said
    )
    assert "corrected for 9 comparisons (Holm)" in said
    assert clusters(replace(found, clusters=(END,) * 5)).count("tend to higher lr") == 3
    assert "; 2 others less plainly" in clusters(replace(found, clusters=(END,) * 5))


def test_where_failures_share_nothing_nothing_is_said(found: Findings) -> None:
    assert clusters(found) == ""


def within(
    *trials: TrialFacts, quickest: TrialFacts | None, smallest: TrialFacts | None
) -> Cheaper:
    seconds = {4: 36.0, 7: 12.0, 8: 40.0}
    return Cheaper(0.0035, 3, trials, quickest, smallest, seconds)


def test_what_is_nearly_as_good_for_less_is_named_with_the_rule(found: Findings) -> None:
    two = within(QUICK, SMALL, quickest=QUICK, smallest=SMALL)
    said = cheaper(replace(found, winner=BEST, cheaper=two))
    assert said.startswith(
        "At most one standard error worse than the recommended one (0.35 points: the standard "
        "deviation of its validation values over 3 seeds by the square root of 3) are trial 7 "
        "and the tiny baseline. "
    )
    assert said.endswith(
        "Trial 7 needs 12 s a training instead of 36 s (33 %) and the tiny baseline has 30,000 "
        "parameters instead of 300,000 (10 %): to be preferred where cost counts (the "
        "one-standard-error rule of Breiman et al. 1984)."
    )


def test_one_that_is_both_quicker_and_smaller_is_named_once(found: Findings) -> None:
    small = replace(QUICK, parameters=30_000)
    said = cheaper(
        replace(found, winner=BEST, cheaper=within(small, quickest=small, smallest=small))
    )
    assert said.count("rial 7") == 2
    assert "(33 %) and has 30,000 parameters instead of 300,000 (10 %): to be preferred" in said


def test_where_nothing_cheaper_is_as_good_that_is_said(found: Findings) -> None:
    none = within(quickest=None, smallest=None)
    assert "No other confirmed mean is at most one" in cheaper(
        replace(found, winner=BEST, cheaper=none)
    )
    assert ", so nothing cheaper is nearly as good (" in cheaper(
        replace(found, winner=BEST, cheaper=none)
    )
    tie = Against(QUICK, Difference(0.004, (-0.001, 0.009), "paired t", 3), None)
    beside = replace(found, winner=BEST, cheaper=none, against_winner={7: tie})
    assert cheaper(beside).startswith("No other confirmed mean is at most one")
    assert "nothing cheaper" not in cheaper(beside)
    same = within(QUICK, quickest=None, smallest=None)
    assert "none of them clearly quicker" in cheaper(replace(found, winner=BEST, cheaper=same))
    assert cheaper(found) == ""


def test_the_rule_stands_under_the_table_of_what_was_confirmed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    text = write_report(made.confirmed(), tmp_path_factory.mktemp("rule")).read_text()
    belief = text.split("## Can it be believed?")[1].split("\n## ")[0]
    assert "one-standard-error rule of Breiman et al. 1984" in belief
    assert belief.index("| confirmed |") < belief.index("one-standard-error")
