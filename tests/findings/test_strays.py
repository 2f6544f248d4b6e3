"""Trainings that went astray are found among many seeds, and not among few."""

import random
from dataclasses import replace

import pytest

from nia_optuna.findings.facts import RunFacts, StudyFacts
from nia_optuna.findings.read import read
from nia_optuna.findings.strays import FEWEST, strays
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


@pytest.mark.parametrize("seeds", [5, 6, 7, 10, 20])
def test_ordinary_seeds_raise_a_false_alarm_once_in_some_hundred_studies(seeds: int) -> None:
    rng = random.Random(seeds)
    bare = facts()
    samples = [[rng.gauss(0.9, 0.01) for _ in range(seeds)] for _ in range(2000)]
    alarms = sum(bool(strays(with_tests(bare, tuple(sample)))) for sample in samples)
    assert alarms <= 8


def test_a_dead_network_is_found_among_the_fewest_seeds_that_can_tell() -> None:
    assert strays(with_tests(facts(), (*ORDINARY[: FEWEST - 1], 0.1)))


def test_where_most_accuracies_are_the_same_one_example_is_their_spread() -> None:
    small = replace(facts(), dataset=replace(facts().dataset, test=100))
    same = (0.97,) * 8
    assert strays(with_tests(small, (*same, 0.93))) == ()
    (found,) = strays(with_tests(small, (*same, 0.12)))
    assert found.worst == 0.12


def test_where_most_losses_are_the_same_nothing_is_said() -> None:
    loss = replace(facts(), metric="loss", direction="minimize")
    assert strays(with_tests(loss, (2.303,) * 8 + (2.4,))) == ()


def test_few_seeds_cannot_tell() -> None:
    assert strays(with_tests(facts(), (0.76, 0.77, 0.76, 0.1))) == ()


def test_where_less_is_better_the_stray_is_the_high_one() -> None:
    losses = tuple(1 - value for value in ORDINARY)
    lower = replace(with_tests(facts(), (*losses, 12.0)), direction="minimize")
    (found,) = strays(lower)
    assert found.worst == 12.0
