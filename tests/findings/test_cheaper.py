"""The one-standard-error rule, held against numbers that were worked out by hand."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from nia_optuna.findings.cheaper import cheaper
from nia_optuna.findings.facts import RunFacts, StudyFacts, TrialFacts
from nia_optuna.findings.read import read
from tests.findings import made

BEST = TrialFacts(1, "complete", value=0.9, parameters=1000, seconds=99.0)
OTHER = TrialFacts(2, "complete", value=0.9, parameters=500, seconds=99.0)
THIRD = TrialFacts(3, "complete", value=0.9, parameters=950, seconds=99.0)
VALUES = {1: (0.80, 0.82, 0.84)}  # mean 0.82, standard error 0.02 / √3 = 0.0115


def facts(
    values: Mapping[int, Sequence[float | None]], seconds: Mapping[int, float] | None = None
) -> StudyFacts:
    runs = tuple(
        RunFacts(trial, seed, value, None, (seconds or {}).get(trial), 1)
        for trial, each in values.items()
        for seed, value in enumerate(each)
    )
    return replace(read(made.empty()), trials=(BEST, OTHER, THIRD), runs=runs, chosen=1)


def test_the_error_is_the_deviation_by_the_root_of_the_seeds() -> None:
    found = cheaper(facts({**VALUES, 2: (0.8, 0.8, 0.81)}))
    assert found is not None
    assert found.error == pytest.approx(0.02 / math.sqrt(3))
    assert found.within == ()
    assert (found.quickest, found.smallest) == (None, None)


def test_what_lies_within_it_is_found_and_no_more() -> None:
    found = cheaper(facts({**VALUES, 2: (0.81, 0.81, 0.81), 3: (0.80, 0.81, 0.81)}))
    assert found is not None
    assert found.within == (OTHER,)
    assert found.smallest is OTHER


def test_seconds_are_those_of_the_confirmation_and_must_differ_clearly() -> None:
    near = {**VALUES, 2: (0.82, 0.81, 0.82), 3: (0.82, 0.82, 0.82)}
    found = cheaper(facts(near, {1: 30.0, 2: 28.0, 3: 10.0}))
    assert found is not None
    assert found.seconds == {1: 30.0, 2: 28.0, 3: 10.0}
    assert (found.quickest, found.smallest) == (THIRD, OTHER)
    same = cheaper(facts(near, {1: 30.0, 2: 28.0, 3: 29.0}))
    assert same is not None
    assert same.quickest is None


def test_what_failed_on_a_seed_takes_no_part_and_one_seed_is_no_error() -> None:
    assert cheaper(facts({**VALUES, 2: (0.82, None, 0.82)})) is None
    assert cheaper(facts({1: (0.82,), 2: (0.82,)})) is None
    assert cheaper(facts(VALUES)) is None
    assert cheaper(read(made.empty())) is None
