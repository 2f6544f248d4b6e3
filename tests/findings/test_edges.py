from dataclasses import replace
from typing import Any

import pytest

from nia_optuna.findings.edges import edges
from nia_optuna.findings.facts import StudyFacts, TrialFacts, Value
from nia_optuna.findings.read import read
from tests.findings import made


@pytest.fixture(scope="module")
def searched() -> StudyFacts:
    return read(made.empty())


def with_best(facts: StudyFacts, **params: Value) -> list[tuple[str, str]]:
    names: dict[str, Any] = {name.replace("_lr", ".lr"): value for name, value in params.items()}
    trials = (TrialFacts(number=0, state="complete", value=0.5, params=names),)
    return [(edge.name, edge.side) for edge in edges(replace(facts, trials=trials))]


def test_a_value_at_an_end_of_its_range_is_at_an_edge(searched: StudyFacts) -> None:
    assert with_best(searched, dropout=0.5, depth=2) == [("depth", "lower"), ("dropout", "upper")]


def test_near_is_a_twentieth_of_the_range(searched: StudyFacts) -> None:
    assert with_best(searched, dropout=0.024) == [("dropout", "lower")]
    assert with_best(searched, dropout=0.026) == []


def test_a_logarithmic_range_is_measured_in_its_logarithm(searched: StudyFacts) -> None:
    # From 0.001 to 1: the last twentieth begins at 10 ** -0.15, and 0.02 is well inside.
    assert with_best(searched, sgd_lr=0.72) == [("sgd.lr", "upper")]
    assert with_best(searched, sgd_lr=0.69) == []
    assert with_best(searched, sgd_lr=0.02) == []


def test_choices_have_no_edge(searched: StudyFacts) -> None:
    assert with_best(searched, batch_size=64, activation="relu") == []


def test_an_impossible_range_has_none_either() -> None:
    study = made.empty()
    low = {"name": "x", "kind": "log", "low": 0, "high": 0}
    study.set_user_attr("space", [low, low | {"name": "y", "kind": "uniform"}])
    assert with_best(read(study), x=0.5, y=0.0) == []


def test_without_a_winner_nothing_is_at_an_edge(searched: StudyFacts) -> None:
    assert edges(searched) == ()


def test_a_baseline_alone_is_at_no_edge_of_what_was_searched(searched: StudyFacts) -> None:
    params = {"dropout": 0.5}
    alone = TrialFacts(number=0, state="complete", value=0.5, params=params, baseline="default")
    assert edges(replace(searched, trials=(alone,))) == ()
    pruned = TrialFacts(number=1, state="pruned", value=0.3, params={"dropout": 0.2})
    assert [e.name for e in edges(replace(searched, trials=(alone, pruned)))] == ["dropout"]
