"""An ended trial that could not be told is told by the next run, once, whatever the storage."""

import copy
import json
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from nia_optuna.record import TrialAttr
from nia_optuna.search.asked import Open
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.outbox import Outbox, attempts
from nia_optuna.search.protocol import Finished, Repeat
from nia_optuna.search.storage import open_storage
from nia_optuna.training.device import Device
from tests.search.test_every_storage import asked, epoch, ledger_in, plain

End = Callable[[Ledger, Open], object]
REPEAT = Repeat(7, (0.25, -math.inf), 1, "epochs", 2.5)
TIMES = ("datetime_start", "datetime_complete", "_datetime_start", "_trial_id")


@dataclass(frozen=True)
class Coordinators:
    """One after the other at a study in a storage; only the last of them lives."""

    folder: Path
    url: str | None
    stack: ExitStack

    def next(self) -> Ledger:
        storage = open_storage(self.url, self.folder, create=True)
        ledger = ledger_in(storage, outbox=Outbox(self.folder / "outbox"))
        self.stack.enter_context(ledger.kept())
        return ledger

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("outbox/*"))

    def stored(self) -> list[FrozenTrial]:
        return list(open_storage(self.url, self.folder, create=False).get_all_trials(1))


@pytest.fixture(params=["sqlite", "postgresql"])
def coordinators(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Coordinators]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    with ExitStack() as stack:
        yield Coordinators(tmp_path, url, stack)


def train(ledger: Ledger) -> Open:
    """Ask for a trial, and report all epochs but the last."""
    (opened,) = asked(ledger, 1)
    opened.worker, opened.device = 1, Device("cpu", bf16=True)
    for number, value in enumerate((0.5, math.inf, math.nan), start=1):
        ledger.report(opened, epoch(number, value))
    return opened


def dies(ledger: Ledger) -> None:
    """Let nothing that is said from here on reach the database, as of a process that is killed."""
    for name in ("_insert", "_end"):
        setattr(ledger._writer, name, lambda *_: None)  # noqa: SLF001


def complete(ledger: Ledger, opened: Open) -> None:
    ledger.report(opened, epoch(4, -math.inf))
    ledger.complete(opened, Finished(opened.run, 4, "epochs", 100, (REPEAT,)))


def prune(ledger: Ledger, opened: Open) -> None:
    ledger.report(opened, epoch(4, 0.25))
    ledger.prune(opened)


def fail(ledger: Ledger, opened: Open) -> None:
    ledger.report(opened, epoch(4, 0.25))
    ledger.fail(opened, "no such \x00 thing: ✗ 'quoted'", (REPEAT,))


@pytest.mark.parametrize("end", [complete, prune, fail], ids=lambda end: end.__name__)
def test_what_a_killed_run_did_not_tell_is_told_as_it_would_have_been(
    coordinators: Coordinators, tmp_path: Path, end: End
) -> None:
    """Its last epoch and what the pruner made of that included; only the clock tells them apart."""
    with ExitStack() as stack:
        undisturbed = Coordinators(tmp_path / "undisturbed", None, stack)
        ledger = undisturbed.next()
        end(ledger, train(ledger))
        assert undisturbed.files() == []
        (expected,) = undisturbed.stored()
    ledger = coordinators.next()
    opened = train(ledger)
    dies(ledger)
    end(ledger, opened)
    assert [t.state for t in coordinators.stored()] == [TrialState.RUNNING]
    (kept,) = (t for t in ledger.trials())
    again = coordinators.next()
    assert again.retell() == 1
    (told,) = coordinators.stored()
    assert list(map(plain, again.trials())) == [plain(told)]
    assert told.datetime_complete == kept.datetime_complete
    assert (untimed(told), coordinators.files()) == (untimed(expected), [])
    assert again.reap() == 0
    assert [o.run.trial for o in asked(again, 1)] == [1]


def untimed(trial: FrozenTrial) -> dict[str, str]:
    """Return a trial without what is another in every run: when it was trained, and by whom."""
    same = copy.copy(trial)
    attrs = trial.user_attrs.items()
    same.user_attrs = {n: v for n, v in attrs if n not in (TrialAttr.TIMES, TrialAttr.COORDINATOR)}
    return {name: told for name, told in plain(same).items() if name not in TIMES}


def test_a_result_is_on_the_disk_before_it_is_told_and_for_its_owner_alone(
    coordinators: Coordinators, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = coordinators.next()
    opened = train(ledger)
    writer, seen = ledger._writer, list[tuple[str, int, int]]()  # noqa: SLF001
    tell = writer._end  # noqa: SLF001

    def told(trial: FrozenTrial) -> None:
        (file,) = coordinators.files()
        modes = (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777)
        seen.append((json.loads(file.read_text())["state"], *modes))
        tell(trial)

    monkeypatch.setattr(writer, "_end", told)
    complete(ledger, opened)
    assert (seen, coordinators.files()) == ([("COMPLETE", 0o600, 0o700)], [])


def test_what_was_told_is_not_told_twice(coordinators: Coordinators) -> None:
    """A run may be killed between the two: the file is there, and the trial has ended."""
    ledger = coordinators.next()
    opened = train(ledger)
    ledger._writer._drop = lambda trial: None  # type: ignore[method-assign]  # noqa: ARG005, SLF001
    complete(ledger, opened)
    before = list(map(plain, coordinators.stored()))
    assert len(coordinators.files()) == 1
    assert coordinators.next().retell() == 0
    assert (list(map(plain, coordinators.stored())), coordinators.files()) == (before, [])


def ended_untold(coordinators: Coordinators) -> tuple[RDBStorage, int]:
    """Return the storage and the id of a trial whose run was killed before it told the end."""
    ledger = coordinators.next()
    opened = train(ledger)
    dies(ledger)
    complete(ledger, opened)
    (trial,) = coordinators.stored()
    theirs = open_storage(coordinators.url, coordinators.folder, create=False)
    return theirs, trial._trial_id  # noqa: SLF001


@pytest.mark.parametrize("waits", [True, False], ids=["waits", "runs again"])
def test_the_result_of_an_attempt_counts_until_the_next_begins(
    coordinators: Coordinators, *, waits: bool
) -> None:
    theirs, trial_id = ended_untold(coordinators)
    theirs.set_trial_state_values(trial_id, TrialState.WAITING)
    if not waits:
        theirs.set_trial_state_values(trial_id, TrialState.RUNNING)
    assert coordinators.next().retell() == waits
    (trial,) = coordinators.stored()
    assert trial.state == (TrialState.COMPLETE if waits else TrialState.RUNNING)
    assert coordinators.files() == []


def test_the_result_of_an_attempt_that_was_given_up_is_dropped(coordinators: Coordinators) -> None:
    theirs, trial_id = ended_untold(coordinators)
    theirs.set_trial_user_attr(trial_id, TrialAttr.ATTEMPTS, 2)
    assert coordinators.next().retell() == 0
    (trial,) = coordinators.stored()
    assert (trial.state, coordinators.files()) == (TrialState.RUNNING, [])


def test_a_result_counts_where_the_attempt_was_given_up_and_nobody_has_begun_another(
    coordinators: Coordinators,
) -> None:
    theirs, trial_id = ended_untold(coordinators)
    theirs.set_trial_user_attr(trial_id, TrialAttr.ATTEMPTS, 2)
    theirs.set_trial_state_values(trial_id, TrialState.WAITING)
    assert coordinators.next().retell() == 1
    (trial,) = coordinators.stored()
    assert (trial.state, attempts(trial.user_attrs)) == (TrialState.COMPLETE, 1)


def test_a_trial_that_could_not_be_told_and_was_put_back_is_told_by_the_next_run(
    coordinators: Coordinators,
) -> None:
    """The database took the second, and not the first."""
    ledger = coordinators.next()
    opened = train(ledger)
    writer = ledger._writer  # noqa: SLF001
    tell = writer._end  # noqa: SLF001
    writer._end = refuse  # type: ignore[method-assign]  # noqa: SLF001
    with pytest.raises(OSError, match="refused"):
        complete(ledger, opened)
    writer._end = tell  # type: ignore[method-assign]  # noqa: SLF001
    assert ledger.reap() == 1
    assert coordinators.next().retell() == 1
    assert [t.state for t in coordinators.stored()] == [TrialState.COMPLETE]


def refuse(trial: FrozenTrial) -> None:
    raise OSError(f"trial {trial.number} is refused")


BROKEN = {
    "empty": b"",
    "cut off": b'{"number": 0, "started": "2026-01-01T00:0',
    "no JSON": b"\x80\x04\x95 a pickle",
    "a list": b"[1, 2]",
    "another object": b'{"trial": 0}',
    "deep": b"[" * 100_000,
}
# Such as of a study of this name whose database was deleted.
FOREIGN: tuple[dict[str, object], ...] = (
    {"started": "2026-01-01T00:00:00+00:00"},
    {"number": 10**30},
    {"state": "RUNNING"},
    {"values": None},
    {"ended": None},
    {"params": {"width": [0.5, "{}"]}},
)


def test_a_file_that_is_broken_or_of_another_trial_is_as_good_as_none(
    coordinators: Coordinators, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = coordinators.next()
    opened = train(ledger)
    dies(ledger)
    complete(ledger, opened)
    (file,) = coordinators.files()
    whole = json.loads(file.read_text())
    before = list(map(plain, coordinators.stored()))
    again = coordinators.next()
    for content in BROKEN.values():
        file.write_bytes(content)
        assert (again.retell(), coordinators.files()) == (0, [])
        assert f"{file} is no trial" in capsys.readouterr().err
    for change in FOREIGN:
        file.write_text(json.dumps({**whole, **change}))
        assert (again.retell(), coordinators.files()) == (0, [])
    assert list(map(plain, coordinators.stored())) == before
    file.write_text(json.dumps(whole))
    assert again.retell() == 1


def test_a_study_goes_on_where_nothing_can_be_kept(coordinators: Coordinators) -> None:
    (coordinators.folder / "outbox").write_text("a file, where a folder should be")
    ledger = coordinators.next()
    complete(ledger, train(ledger))
    assert [t.value for t in coordinators.stored()] == [-math.inf]
