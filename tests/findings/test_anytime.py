from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from nia_optuna.findings.anytime import Span, anytime, spans
from nia_optuna.findings.elapsed import elapsed
from nia_optuna.findings.facts import EpochFacts, StudyFacts, TrialFacts
from nia_optuna.findings.read import read
from nia_optuna.findings.timeline import timeline
from tests.findings import made

BEGIN = datetime(2026, 2, 3, 9)  # noqa: DTZ001  # storages keep the machine's own clock


def lasting(trial: TrialFacts, start: int, end: int) -> TrialFacts:
    begun, told = (BEGIN + timedelta(seconds=seconds) for seconds in (start, end))
    return replace(trial, asked=begun, begun=begun, told=told)


def with_trials(*trials: TrialFacts) -> StudyFacts:
    return replace(read(made.empty()), trials=trials)


def trial(number: int, value: float, epochs: int = 2) -> TrialFacts:
    curve = tuple(EpochFacts(number=epoch) for epoch in range(1, epochs + 1))
    return TrialFacts(number=number, state="complete", value=value, curve=curve, seconds=4.0)


def test_time_is_counted_while_any_trial_trains_and_pauses_are_not() -> None:
    facts = with_trials(
        lasting(trial(0, 0.5), 0, 10),
        lasting(trial(1, 0.6), 4, 14),
        lasting(trial(2, 0.7), 1000, 1005),
    )
    assert elapsed(facts) == {0: 10, 1: 14, 2: 19}


def test_a_trial_that_took_no_time_ends_when_it_began() -> None:
    instant = replace(trial(0, 0.5), seconds=None)
    facts = with_trials(lasting(instant, 0, 0), lasting(trial(1, 0.6), 10, 14))
    facts = replace(facts, trials=(*facts.trials, lasting(replace(instant, number=2), 20, 20)))
    assert elapsed(facts) == {0: 0, 1: 4, 2: 4}


def test_trials_that_were_added_afterwards_tell_no_time() -> None:
    facts = with_trials(replace(lasting(trial(0, 0.5), 0, 1), begun=None))
    assert elapsed(facts) is None
    assert anytime(facts).by_seconds is None
    assert anytime(facts).by_epochs == ((2, 0.5),)


def test_a_trial_that_went_on_from_an_earlier_attempt_ends_when_its_last_one_did() -> None:
    """What it cost is more than that took."""
    facts = with_trials(lasting(trial(0, 0.5), 0, 10), lasting(trial(1, 0.6), 1000, 1002))
    assert elapsed(facts) == {0: 10, 1: 12}


def test_seconds_of_work_are_those_of_the_timeline() -> None:
    """Short rests of all workers count, long ones and what a trial waited for a worker do not."""
    facts = with_trials(
        lasting(trial(0, 0.5), 20, 30),
        lasting(trial(1, 0.6), 33, 40),
        lasting(trial(2, 0.7), 1000, 1005),
    )
    early = replace(facts.trials[0], asked=BEGIN, worker=0)
    drawn = replace(lasting(trial(3, 0.0), 500, 500), state="failed", value=None, worker=None)
    others = (replace(other, worker=0) for other in facts.trials[1:])
    facts = replace(facts, trials=(early, *others, drawn))
    seen = timeline(facts)
    assert seen is not None
    ends = {bar.trial: bar.end for bar in seen.bars}
    assert elapsed(facts) == {**ends, 3: 20} == {0: 10, 1: 20, 2: 25, 3: 20}
    steps = anytime(facts).by_seconds
    assert steps is not None
    assert steps[-1][0] == seen.seconds


def test_trials_stand_in_the_order_they_ended_and_pruned_ones_cost_too() -> None:
    pruned = replace(trial(2, 0.9, epochs=1), state="pruned")
    facts = with_trials(
        lasting(trial(0, 0.5), 0, 30),
        lasting(trial(1, 0.6), 0, 10),
        lasting(pruned, 10, 40),
    )
    found = anytime(facts)
    assert found.by_epochs == ((2, 0.6), (5, 0.6))
    assert found.by_seconds == ((10, 0.6), (40, 0.6))


def test_where_less_is_better_the_best_falls() -> None:
    facts = replace(with_trials(trial(0, 5.0), trial(1, 3.0), trial(2, 4.0)), direction="minimize")
    assert anytime(facts).by_epochs == ((2, 5.0), (4, 3.0), (6, 3.0))


def test_a_band_begins_where_all_have_a_value_and_a_search_that_ended_keeps_its_best() -> None:
    found = spans([((2, 0.4), (6, 0.8)), ((4, 0.6), (10, 0.7))])
    assert [each.cost for each in found] == [4, 6, 10]
    assert found[0] == Span(4, 0.5, 0.4, 0.6)
    assert (found[2].mean, found[2].low, found[2].high) == pytest.approx((0.75, 0.7, 0.8))
    assert spans([((2, 0.4),), ()]) == ()
