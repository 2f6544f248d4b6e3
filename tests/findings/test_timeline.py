from dataclasses import replace
from datetime import timedelta

import pytest

from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.timeline import Timeline, timeline
from tests.findings import timed

DAY = 86_400.0


def found(*trials: TrialFacts) -> Timeline:
    seen = timeline(timed.study(*trials))
    assert seen is not None
    return seen


def test_a_bar_begins_when_its_worker_was_free_and_not_when_the_trial_was_drawn() -> None:
    seen = found(timed.trial(0, 0, 60), timed.trial(1, 60, 90, asked=2))
    assert [(bar.start, bar.end) for bar in seen.bars] == [(0, 60), (60, 90)]
    assert seen.busy == {0: 1.0}


def test_a_bar_is_the_last_attempt_at_a_trial() -> None:
    """Of its hundred seconds ninety were an earlier run's, from which it went on."""
    resumed = replace(
        timed.trial(1, 100, 110, asked=80),
        seconds=100.0,
        begun=timed.BEGUN + timedelta(seconds=100),
    )
    seen = found(timed.trial(0, 80, 100), resumed)
    assert [(bar.start, bar.end) for bar in seen.bars] == [(0, 20), (20, 30)]


def test_a_worker_that_waits_is_busy_for_less_of_the_time() -> None:
    seen = found(timed.trial(0, 0, 100), timed.trial(1, 0, 25, worker=1))
    assert seen.busy == {0: 1.0, 1: 0.25}


def test_days_between_two_sessions_are_cut_out_and_told() -> None:
    seen = found(
        timed.trial(0, 0, 600),
        timed.trial(1, 10, 500, worker=1),
        timed.trial(2, DAY, DAY + 300, worker=1),
        timed.trial(3, 3 * DAY, 3 * DAY + 60),
    )
    assert [(pause.at, pause.seconds) for pause in seen.pauses] == [
        (600, DAY - 600),
        (900, 2 * DAY - 300),
    ]
    assert seen.seconds == 960
    assert {bar.trial: bar.start for bar in seen.bars} == {0: 0, 1: 10, 2: 600, 3: 900}


def test_a_short_rest_is_no_pause_but_idle_time() -> None:
    seen = found(timed.trial(0, 0, 600), timed.trial(1, 650, 700))
    assert seen.pauses == ()
    assert seen.busy[0] == pytest.approx(650 / 700)


def test_without_workers_there_are_as_many_lanes_as_ran_at_once() -> None:
    spans = [(0, 50), (10, 30), (30, 60), (60, 90)]
    trials = [timed.trial(n, a, b, worker=None) for n, (a, b) in enumerate(spans)]
    seen = found(*trials)
    assert not seen.recorded
    assert {bar.trial: bar.lane for bar in seen.bars} == {0: 0, 1: 1, 2: 1, 3: 0}


def test_coordinators_that_were_at_work_at_once_have_lanes_of_their_own() -> None:
    """The third came when the first had gone: it is the same machine's next run, perhaps."""
    spans = [("a", 0, 0, 60), ("a", 1, 0, 50), ("b", 0, 30, 90), ("c", 0, 91, 150)]
    seen = found(
        *(
            replace(timed.trial(number, start, end, worker=worker), coordinator=name)
            for number, (name, worker, start, end) in enumerate(spans)
        )
    )
    assert {bar.trial: bar.lane for bar in seen.bars} == {0: 0, 1: 1, 2: 2, 3: 0}
    assert (seen.shared, seen.slots) == (True, 2)
    alone = found(
        *(timed.trial(number, start, end) for number, (_, _, start, end) in enumerate(spans))
    )
    assert not alone.shared


def test_trials_that_were_copied_into_the_storage_have_no_times() -> None:
    copied = replace(timed.trial(0, 0, 60), asked=timed.BEGUN, told=timed.BEGUN)
    assert timeline(timed.study(copied)) is None
    kept = timeline(timed.study(copied, timed.trial(1, 0, 60)))
    assert kept is not None
    assert [bar.trial for bar in kept.bars] == [1]


def test_what_waits_or_runs_or_has_no_times_is_no_bar() -> None:
    running = timed.trial(1, 0, 60, state="running")
    unknown = replace(timed.trial(2, 0, 60), told=None)
    backwards = replace(timed.trial(3, 0, 60), asked=timed.BEGUN, told=timed.BEGUN.replace(hour=1))
    assert timeline(timed.study(running, unknown, backwards)) is None
