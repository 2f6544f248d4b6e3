"""The soak's audit says no to a storage that was doctored, and yes to one that was not."""

import io
import sqlite3
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from benchmarks.soak.audit import Evidence, Faults, audit
from benchmarks.soak.sight import Sight, look
from benchmarks.soak.words import End, ends, last_line, stage
from nia_optuna.cli.plain import plain
from nia_optuna.record import TrialAttr
from nia_optuna.search.watch import Ended, EndState, Opened, Said, Stage, Started

SAID = [End(0, "COMPLETE"), End(1, "COMPLETE"), End(2, "PRUNED")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a database with a study of two complete trials and a pruned one."""
    path = tmp_path / "studies.db"
    stored = optuna.create_study(study_name="small", storage=f"sqlite:///{path}")
    for state in (TrialState.COMPLETE, TrialState.COMPLETE, TrialState.PRUNED):
        stored.add_trial(
            create_trial(
                state=state,
                value=0.5 if state == TrialState.COMPLETE else None,
                user_attrs={TrialAttr.CURVE: [{"number": 1}, {"number": 2}]},
                intermediate_values={1: 0.25, 2: 0.5},
            )
        )
    return path


def sights(file: Path) -> dict[int, Sight]:
    seen = look(f"sqlite:///{file}", "small")
    assert seen is not None
    return seen


def kinds(faults: Faults) -> set[str]:
    return {field.name for field in fields(faults) if getattr(faults, field.name)}


def test_what_is_left_as_it_was_seen_and_said_is_in_order(file: Path) -> None:
    before = sights(file)
    assert [trial.state for trial in before.values()] == ["COMPLETE", "COMPLETE", "PRUNED"]
    assert audit(Evidence("small", 3, before, SAID, sights(file))) == Faults()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE trials SET state = 'RUNNING'", {"lost", "unfinished", "off_budget"}),
        ("UPDATE trials SET state = 'WAITING'", {"lost", "unfinished", "off_budget"}),
        ("UPDATE trials SET state = 'FAIL'", {"lost", "off_budget", "failed_for_nothing"}),
        ("DELETE FROM trials", {"lost", "off_budget"}),
        ("UPDATE trial_values SET value = 0.75", {"lost"}),
        ("UPDATE trial_user_attributes SET value_json = '[]'", {"lost"}),
        (
            """UPDATE trial_user_attributes SET value_json = '[{"number": 1}, {"number": 1}]'""",
            {"lost", "twice"},
        ),
        ("DELETE FROM trial_intermediate_values", {"lost"}),
        ("UPDATE trials SET datetime_complete = '2030-01-01 00:00:00.000000'", {"lost", "twice"}),
    ],
)
def test_what_is_left_otherwise_than_it_was_seen_is_found(
    file: Path, statement: str, expected: set[str]
) -> None:
    before = sights(file)
    with sqlite3.connect(file) as connection:
        assert connection.execute(f"{statement} WHERE trial_id = 2").rowcount
    connection.close()
    faults = audit(Evidence("small", 3, before, [], sights(file)))
    assert kinds(faults) == expected
    assert all("trial 1" in said or "2 of 3 trials" in said for said in faults.all)


@pytest.mark.parametrize(
    ("budget", "said", "expected"),
    [
        (3, [*SAID, End(1, "COMPLETE")], {"twice"}),
        (3, [End(2, "COMPLETE")], {"lost"}),
        (3, [End(3, "COMPLETE")], {"lost"}),
        (2, SAID, {"off_budget"}),
    ],
)
def test_what_was_said_or_asked_for_otherwise_is_found(
    file: Path, budget: int, said: Sequence[End], expected: set[str]
) -> None:
    before = sights(file)
    assert kinds(audit(Evidence("small", budget, before, said, before))) == expected


@pytest.mark.parametrize(
    ("attempts", "why", "fine"),
    [
        (4, "the trainer died (signal SIGKILL), 4 times", True),
        (4, "its coordinator died or fell silent, and 4 attempts were lost", True),
        (3, "the trainer died (signal SIGKILL), 3 times", False),
        (4, "RuntimeError: no", False),
    ],
)
def test_a_trial_may_fail_only_by_more_deaths_than_it_has_retries(
    *, attempts: int, why: str, fine: bool
) -> None:
    failed = Sight(0, "FAIL", None, {}, (), (), attempts, why, "now")
    faults = audit(Evidence("small", 0, {}, [], {0: failed}))
    assert kinds(faults) == (set() if fine else {"failed_for_nothing"})


def test_what_a_coordinator_says_is_read_as_it_says_it() -> None:
    written = io.StringIO()
    outcomes: list[tuple[Stage, EndState]] = [
        ("search", "complete"),
        ("search", "pruned"),
        ("search", "failed"),
        ("confirmation", "complete"),
    ]
    assert stage(written.getvalue()) == "start"
    with plain(written) as watch:
        for number, (at, state) in enumerate(outcomes):
            watch(Opened(at, "small", "accuracy", number, 4, 3, 2, "cpu", None))
            watch(Started(number, 7, {}, "wide" if number == 1 else None, 3))
            value = None if state == "failed" else 0.5
            watch(Ended(number, 7, state, value, 0.5, number + 1))
            watch(Said(f"trial {number}: tried again"))
            assert stage(written.getvalue()) == at
    assert ends(written.getvalue()) == [
        End(0, "COMPLETE"),
        End(1, "PRUNED"),
        End(2, "FAIL"),
    ]
    assert last_line(written.getvalue()) == "trial 3: tried again"
