"""What cannot be told apart from the recommended one, and what cannot be judged."""

from dataclasses import replace

import pytest

from nia_optuna.findings.against import Against
from nia_optuna.findings.confirmation import Difference
from nia_optuna.findings.facts import RunFacts, TrialFacts
from nia_optuna.findings.findings import Findings, find
from nia_optuna.report.ties import ties
from tests.findings import made

TIED = Difference(-0.01, (-0.02, 0.01), "paired t", 3)
APART = Difference(-0.05, (-0.06, -0.04), "paired t", 3)
EQUAL = Difference(0.0, None, "none", 3)
SAME = Difference(-0.01, None, "none", 3)
SINGLE = Difference(-0.01, None, "none", 1)


@pytest.fixture(scope="module")
def found() -> Findings:
    return find(made.empty())


def say(found: Findings, *differences: Difference | None) -> str:
    against = {
        number: Against(TrialFacts(number, "complete"), by, None)
        for number, by in enumerate(differences, start=1)
    }
    return ties(replace(found, against_winner=against), TrialFacts(0, "complete"))


def test_equal_on_every_seed_is_a_tie(found: Findings) -> None:
    assert say(found, EQUAL) == "On validation it cannot be told apart from trial 1."


def test_the_same_difference_on_every_seed_is_said_to_be_that(found: Findings) -> None:
    said = (
        "From trial 1 it differs by the same on every seed, which leaves no interval to judge by."
    )
    assert say(found, SAME) == said


def test_one_that_cannot_be_judged_leaves_the_others_their_sentence(found: Findings) -> None:
    assert say(found, TIED, SINGLE) == (
        "On validation it cannot be told apart from trial 1. "
        "Too few seeds tell whether it is tied with trial 2."
    )
    assert say(found, APART, None).startswith("On validation it is apart from trial 1. Too few")
    assert say(found, EQUAL, SAME).startswith("On validation it cannot be told apart from trial 1.")


def timed(found: Findings, **seconds: tuple[float, ...]) -> str:
    runs = tuple(
        RunFacts(int(name[1:]), seed, 0.7, None, each, 9)
        for name, all_of_them in seconds.items()
        for seed, each in enumerate(all_of_them)
    )
    return say(replace(found, facts=replace(found.facts, runs=runs)), TIED)


def test_the_quickest_is_named_only_where_all_its_trainings_were_quicker(found: Findings) -> None:
    named = "On validation it cannot be told apart from trial 1; trial 1 is the quickest to train."
    assert timed(found, t0=(9.0, 8.0, 9.0), t1=(5.0, 6.0, 5.0)) == named
    noisy = timed(found, t0=(30.0, 8.0, 9.0), t1=(5.0, 8.5, 5.0))
    assert noisy == "On validation it cannot be told apart from trial 1."
    assert timed(found, t0=(9.0,), t1=(5.0,)) == noisy


def test_apart_from_all_is_said_of_all(found: Findings) -> None:
    said = "On validation it is apart from every other confirmed configuration."
    assert say(found, APART, APART) == said


def test_with_one_seed_each_nothing_is_judged(found: Findings) -> None:
    assert say(found, SINGLE, None) == "With one seed a configuration, ties cannot be judged."
    assert say(found) == ""
