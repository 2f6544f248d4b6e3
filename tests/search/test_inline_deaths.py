"""A process that trains by itself and dies: an attempt of what it trained, and of nothing else."""

from pathlib import Path

import pytest
from optuna.exceptions import StorageInternalError
from optuna.trial import TrialState

from nia_optuna.record import TrialAttr
from nia_optuna.search.asked import Open
from nia_optuna.search.ledger import RETRIES, Ledger
from nia_optuna.search.outbox import attempts
from nia_optuna.search.sole_writer import SoleWriter
from nia_optuna.search.storage import open_storage, sign_of
from tests.search.test_every_storage import asked, epoch, finish, ledger_in

REASON = f"the process died that trained it (--workers 0), {RETRIES + 1} times"


def opened_in(folder: Path, *, inline: bool = True) -> Ledger:
    """Open the study as the only process that lives."""
    storage = open_storage(None, folder, create=True)
    ledger = ledger_in(storage)
    sign = sign_of(storage, ledger.study.name)
    return Ledger(ledger.study, ledger.stored, inline=inline, sign=sign)


def begun(ledger: Ledger) -> tuple[Open, Open]:
    """Ask for two trials, and begin to train the first."""
    first, second = asked(ledger, 2)
    ledger.note_inline([first])
    ledger.report(first, epoch(1))
    return first, second


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ledger = opened_in(tmp_path)
    for number in range(2):
        ledger.enqueue({"width": 4, "lr": 0.1}, {TrialAttr.REHEARSED: number})
    return tmp_path


def test_a_trial_that_kills_its_process_fails_after_its_retries_and_no_other_does(
    folder: Path,
) -> None:
    for lost in range(RETRIES + 1):
        first, second = begun(opened_in(folder))
        assert [attempts(each.trial.user_attrs) for each in (first, second)] == [lost + 1, 1]
        ledger = opened_in(folder)
        failed = ledger.count_deaths()
        assert failed == ([(0, REASON)] if lost == RETRIES else [])
        ledger.reap()
    deadly, other = opened_in(folder).trials()
    assert (deadly.state, deadly.user_attrs[TrialAttr.FAILURE]) == (TrialState.FAIL, REASON)
    assert (other.state, attempts(other.user_attrs)) == (TrialState.WAITING, 1)


def test_who_puts_back_what_it_trained_costs_no_attempt(folder: Path) -> None:
    """Neither then, nor when the next process dies before that trial's turn."""
    ledger = opened_in(folder)
    begun(ledger)
    ledger.reap()
    asked(opened_in(folder), 2)
    again = opened_in(folder)
    assert again.count_deaths() == []
    again.reap()
    assert [attempts(t.user_attrs) for t in again.trials()] == [1, 1]


def test_who_ends_because_the_database_refuses_its_writes_costs_no_attempt(folder: Path) -> None:
    """What it trained still runs by the database then: it could not be put back."""

    def full(*_: object) -> None:
        raise StorageInternalError("database or disk is full")

    for _ in range(RETRIES + 1):
        ledger = opened_in(folder)
        begun(ledger)
        with pytest.MonkeyPatch.context() as refused:
            refused.setattr(SoleWriter, "_insert", full)
            with pytest.raises(StorageInternalError):
                ledger.reap()
        again = opened_in(folder)
        assert [t.state for t in again.trials()] == [TrialState.RUNNING] * 2
        assert again.count_deaths() == []
        again.reap()
        assert [attempts(t.user_attrs) for t in again.trials()] == [1, 1]


def test_a_death_that_a_process_counts_which_then_dies_itself_costs_one_attempt(
    folder: Path,
) -> None:
    begun(opened_in(folder))
    for _ in range(RETRIES + 1):
        again = opened_in(folder)
        assert again.count_deaths() == []
        assert [attempts(t.user_attrs) for t in again.trials()] == [2, 1]
    again.reap()
    begun(again)
    opened_in(folder).count_deaths()
    assert [attempts(t.user_attrs) for t in opened_in(folder).trials()] == [3, 1]


def test_the_death_of_a_process_that_trains_in_others_costs_no_attempt(folder: Path) -> None:
    begun(opened_in(folder, inline=False))
    again = opened_in(folder)
    assert again.count_deaths() == []
    again.reap()
    first, _ = begun(again)
    finish(again, first)
    assert [attempts(t.user_attrs) for t in again.trials()] == [1, 1]
