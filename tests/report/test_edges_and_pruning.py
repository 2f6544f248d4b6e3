"""Two warnings: the best at an edge of its range, and pruning by values that say little."""

from dataclasses import replace

import pytest

from nia_optuna.findings.edges import Edge
from nia_optuna.findings.facts import RangeFacts
from nia_optuna.findings.findings import Findings, find
from nia_optuna.findings.pruning import PruningAudit
from nia_optuna.report.edges import at_edges
from nia_optuna.report.pruning import pruning_audit
from nia_optuna.report.write import write_report
from tests.findings import made


@pytest.fixture(scope="module")
def found() -> Findings:
    return find(made.empty())


def test_the_value_its_range_and_the_side_are_named(found: Findings) -> None:
    lr = Edge("lr", 0.1, RangeFacts(0.0003, 0.1, log=True), "upper")
    drop = Edge("dropout", 0.01, RangeFacts(0.0, 0.5, log=False), "lower")
    said = at_edges(replace(found, edges=(lr,)))
    assert "lr 0.1 is at the upper end of 0.0003 to 0.1 (log) in the rec" in said
    assert "Widen this range there" in said
    said = at_edges(replace(found, edges=(drop, lr)))
    assert "dropout 0.01 is near the lower end of 0 to 0.5 and lr 0.1 is" in said
    assert "Widen these ranges there" in said


def test_inside_of_its_ranges_nothing_is_said(found: Findings) -> None:
    assert at_edges(found) == ""


@pytest.mark.parametrize(
    ("correlation", "says"),
    [
        (0.93, "is 0.93: who led there led at the end too"),
        (0.6, "is 0.60: the order there was a fair guess"),
        (-0.2, "is −0.20: the order there said little"),  # noqa: RUF001  # a minus sign is meant
        (None, "cannot be judged by 12 complete trials."),
    ],
)
def test_a_correlation_is_said_with_what_it_means(
    correlation: float | None, says: str, found: Findings
) -> None:
    audit = PruningAudit(epoch=3, trials=12, correlation=correlation)
    said = pruning_audit(replace(found, pruning=audit))
    assert said.startswith("More were pruned after epoch 3 than after any other")
    assert says in said
    said = pruning_audit(replace(found, pruning=replace(audit, most_alone=False)))
    assert said.startswith("After no epoch were more pruned than after epoch 3")
    assert says in said


def test_the_page_has_the_audit_where_something_was_pruned(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    assert pruning_audit(find(made.empty())) == ""
    text = write_report(made.searched(), tmp_path_factory.mktemp("audit")).read_text()
    part = text.split("## Pruning and cost")[1]
    assert "after epoch 3 than after any other. Over 20 complete trials that trained on" in part
