"""Trainings that went astray are found among many seeds, and not among few."""

from dataclasses import replace

from nia_optuna.findings.facts import RunFacts, StudyFacts
from nia_optuna.findings.read import read
from nia_optuna.findings.strays import strays
from tests.findings.made import confirmed

ORDINARY = (0.760, 0.765, 0.771, 0.758, 0.769, 0.762, 0.764)


def with_tests(facts: StudyFacts, values: tuple[float, ...]) -> StudyFacts:
    runs = tuple(
        RunFacts(trial=0, seed=seed, validation=value, test=value, seconds=1.0, epochs=1)
        for seed, value in enumerate(values)
    )
    return replace(facts, runs=runs)


def facts() -> StudyFacts:
    return read(confirmed())


def test_one_dead_network_among_many_is_a_stray() -> None:
    (found,) = strays(with_tests(facts(), (*ORDINARY, 0.1)))
    assert (found.trial, found.part, found.seeds, found.of) == (0, "test", 1, 8)
    assert (found.worst, round(found.median, 3)) == (0.1, 0.763)


def test_ordinary_spread_and_lucky_trainings_are_none() -> None:
    assert strays(with_tests(facts(), ORDINARY)) == ()
    assert strays(with_tests(facts(), (*ORDINARY, 0.99))) == ()


def test_few_seeds_cannot_tell() -> None:
    assert strays(with_tests(facts(), (0.76, 0.77, 0.76, 0.1))) == ()


def test_where_less_is_better_the_stray_is_the_high_one() -> None:
    losses = tuple(1 - value for value in ORDINARY)
    lower = replace(with_tests(facts(), (*losses, 12.0)), direction="minimize")
    (found,) = strays(lower)
    assert found.worst == 12.0
