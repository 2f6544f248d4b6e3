"""Several coordinators have one study between them: who has a trial, and who has lost it."""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import psycopg
import pytest
from optuna.trial import TrialState
from sqlalchemy import create_engine, func, make_url, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from nia_optuna.findings.read import read
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search import patience
from nia_optuna.search.asked import DrawError
from nia_optuna.search.interrupt import Interrupted, Wish
from nia_optuna.search.lease_tables import COORDINATORS
from nia_optuna.search.leases import Leases
from nia_optuna.search.ledger import RETRIES, Ledger
from nia_optuna.search.opening import beginning
from nia_optuna.search.outbox import Outbox, attempts
from nia_optuna.search.patience import AwayError, OutageError, Patience
from nia_optuna.search.protocol import Finished
from nia_optuna.search.shared_writer import SharedWriter
from nia_optuna.search.sole_writer import OvertakenError
from nia_optuna.search.storage import open_storage
from nia_optuna.search.transactions import CLAIM_SECONDS, lock, transaction
from nia_optuna.search.turn import my_turn
from nia_optuna.search.watch import Event, Said
from nia_optuna.space import Space
from nia_optuna.study import Study
from tests.postgres import Server, url_of_reader
from tests.search.test_every_storage import asked, epoch, finish, ledger_in, plain, study

BRIEF = 0.2  # seconds of a lease that nobody renews


def opened_at(url: str, of: Study = study, lease: float = 60) -> Ledger:
    return ledger_in(open_storage(url, Path(), create=True), of, lease)


@pytest.fixture
def two(postgres_url: str) -> Iterator[tuple[Ledger, Ledger]]:
    """Return two ledgers of coordinators that live."""
    with ExitStack() as stack:
        ledgers = opened_at(postgres_url), opened_at(postgres_url)
        for ledger in ledgers:
            stack.enter_context(ledger.kept())
        yield ledgers


@pytest.fixture
def silent(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Ledger, Ledger]]:
    """Return the ledger of a coordinator that never says that it lives, and of one that does."""
    with ExitStack() as stack:
        first = opened_at(postgres_url, lease=BRIEF)
        monkeypatch.setattr("nia_optuna.search.leases.Leases._keep", lambda *_: None)
        stack.enter_context(first.kept())
        monkeypatch.undo()
        second = opened_at(postgres_url)
        stack.enter_context(second.kept())
        yield first, second


def reap(ledger: Ledger) -> int:
    """Put back what belongs to those whose leases are over."""
    time.sleep(1.5 * BRIEF)
    return ledger._writer._leases.reap(ledger._id)  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001


def test_no_trial_is_handed_out_twice_and_the_total_is_exact(postgres_url: str) -> None:
    """Four coordinators, 24 trials that wait, and six to be drawn."""
    made = replace(study, sampler="random", budget=replace(study.budget, trials=30))
    first = opened_at(postgres_url, made)
    for number in range(24):
        first.enqueue({"width": 4, "lr": 0.1}, {TrialAttr.REHEARSED: number})
    had: list[int] = []

    def work() -> None:
        ledger = opened_at(postgres_url, made)
        with ledger.kept():
            while opened := asked(ledger, 3):
                had.extend(one.run.trial for one in opened)
                for one in opened:
                    finish(ledger, one)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(had) == Counter(range(30))
    first.keep_up()
    assert Counter(t.state for t in first.trials()) == {TrialState.COMPLETE: 30}


def test_a_trial_that_ends_while_others_are_begun_is_not_begun_again(
    two: tuple[Ledger, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = two
    (opened,) = asked(one, 1)
    ends = threading.Thread(target=finish, args=(one, opened))
    read = Leases.held

    def slowly(self: Leases, session: Session, among: Collection[int] | None = None) -> set[int]:
        found = read(self, session, among)
        if among is None:
            if not ends.ident:
                ends.start()
            ends.join(0.5)
        return found

    monkeypatch.setattr(Leases, "held", slowly)
    assert [o.run.trial for o in asked(one, 1)] == [1]
    ends.join()
    assert [t.state for t in one.trials()] == [TrialState.COMPLETE, TrialState.RUNNING]


def test_trials_are_in_their_order_though_others_were_read_before_its_own(
    two: tuple[Ledger, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a thread looks what the others do while another has begun a trial, just now."""
    one, other = two
    take_in = SharedWriter._take_in  # noqa: SLF001

    def behind(self: SharedWriter, study_id: int, ids: Collection[int]) -> None:
        if ids:
            monkeypatch.undo()
            asked(other, 1)
            self.refresh(study_id)
        take_in(self, study_id, ids)

    monkeypatch.setattr(SharedWriter, "_take_in", behind)
    assert [o.run.trial for o in asked(one, 1)] == [0]
    assert [t.number for t in one.trials()] == [0, 1]


def test_a_failed_draw_says_whose_it_was_and_when(postgres_url: str) -> None:
    ledger = opened_at(postgres_url, replace(study, draw=broken))
    before = time.time()
    with ledger.kept(), pytest.raises(DrawError, match="no such width"):
        ledger.ask()
    (trial,) = opened_at(postgres_url).trials()
    asked_at, told_at = trial.user_attrs[TrialAttr.TIMES]
    assert before <= asked_at == told_at <= time.time()
    assert trial.user_attrs[TrialAttr.COORDINATOR] == ledger._writer.owner  # noqa: SLF001


def broken(space: Space) -> Recipe:
    raise ValueError(f"no such width: {space.integer('width', 4, 32, default=8)}")


def test_no_stage_begins_while_another_coordinator_searches(two: tuple[Ledger, Ledger]) -> None:
    """The time of the first is over, the other is between two trials; both far from the budget."""
    one, other = two
    search = ExitStack()
    search.enter_context(other.searching())
    (opened,) = asked(other, 1)
    finish(other, opened)
    said: list[Event] = []
    end = threading.Timer(1.5, search.close)
    end.start()
    assert my_turn(one, lambda: True, said.append, Wish())
    assert end.finished.is_set()
    assert said == [Said("another coordinator searches on: waiting")]


def test_a_coordinator_that_was_taken_for_dead_is_known_to_search_again(
    silent: tuple[Ledger, Ledger],
) -> None:
    one, other = silent
    with one.searching():
        assert other.others_search()
        assert not one.others_search()
        reap(other)
        assert not other.others_search()
        asked(one, 1)
        assert other.others_search()
    assert not other.others_search()


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return what moves this process to another time zone."""

    def move(to: str) -> None:
        monkeypatch.setenv("TZ", to)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


def test_a_trial_tells_whose_worker_it_had_and_when_in_whatever_zone(
    two: tuple[Ledger, Ledger], postgres_url: str, zone: Callable[[str], None]
) -> None:
    """Nine hours lie between the clocks of the two, and none between their trials."""
    for ledger, place in zip(two, ("UTC0", "JST-9"), strict=True):
        zone(place)
        (opened,) = asked(ledger, 1)
        opened.worker = 0
        finish(ledger, opened)
    first, second = read(optuna.load_study(study_name="small", storage=postgres_url)).trials
    assert (first.worker, second.worker) == (0, 0)
    assert len({first.coordinator, second.coordinator, None}) == 3
    times = [first.asked, first.told, second.asked, second.told]
    known = [each.timestamp() for each in times if each is not None]
    assert len(known) == 4
    assert known == sorted(known)
    assert known[-1] - known[0] < 60


def test_no_trial_is_queued_twice_where_the_answers_to_that_are_lost(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked is done, and the connection breaks before that is told: eight times."""
    ledger = opened_at(postgres_url)
    dialect = ledger._writer._database.engine.dialect  # noqa: SLF001
    commit, lost = dialect.do_commit, 0

    def deaf(connection: Any) -> None:  # noqa: ANN401  # the driver's
        nonlocal lost
        commit(connection)
        lost += 1
        if lost <= 8:
            raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(dialect, "do_commit", deaf)
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: None)
    monkeypatch.setattr(patience, "time", clock)
    for number in range(3):
        ledger.enqueue({"width": 4, "lr": 0.1}, {TrialAttr.REHEARSED: number})
    assert lost > 8
    assert [t.user_attrs[TrialAttr.REHEARSED] for t in ledger.trials()] == [0, 1, 2]


def test_a_study_may_take_longer_to_begin_than_the_database_lets_a_transaction_idle(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nia_optuna.search.transactions.BEGIN_SECONDS", 1)
    storage = open_storage(postgres_url, Path(), create=True)
    entered = threading.Event()

    def other() -> None:
        with beginning(storage, "small"):
            entered.set()

    waits = threading.Thread(target=other)
    with beginning(storage, "small"):
        waits.start()
        assert not entered.wait(2.5)
    waits.join()
    assert entered.is_set()


def test_many_trials_are_queued_without_reading_those_before_each_time(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = opened_at(postgres_url)
    reads: list[int] = []
    refresh = SharedWriter.refresh

    def counted(self: SharedWriter, study_id: int) -> None:
        reads.append(study_id)
        refresh(self, study_id)

    monkeypatch.setattr(SharedWriter, "refresh", counted)
    for number in range(20):
        ledger.enqueue({"width": 4, "lr": 0.1}, {TrialAttr.REHEARSED: number})
    numbers = [t.user_attrs[TrialAttr.REHEARSED] for t in ledger.trials()]
    assert numbers == list(range(20))
    assert len(reads) == 1


def test_each_sees_what_the_other_has_done(two: tuple[Ledger, Ledger]) -> None:
    one, other = two
    mine, theirs = asked(one, 2), asked(other, 3)
    for k in range(1, 5):
        one.report_all([(opened, epoch(k, k / 10)) for opened in mine])
    one.complete(mine[0], Finished(mine[0].run, 4, "epochs", 100))
    (late,) = asked(other, 1)
    seen = other.trials()
    assert [t.number for t in seen] == list(range(6))
    assert [t.number for t in seen if t.state == TrialState.RUNNING] == [1, 2, 3, 4, 5]
    assert seen[0].value == 0.4
    assert list(seen[1].intermediate_values) == [1, 2, 3, 4]
    assert "completed_rung_0" in seen[1].system_attrs  # what the pruner compares by
    assert other.elsewhere() == 1
    assert [o.run.trial for o in [*theirs, late]] == [2, 3, 4, 5]


def test_a_trial_of_the_silent_is_tried_again_and_its_late_result_is_refused(
    silent: tuple[Ledger, Ledger],
) -> None:
    one, other = silent
    (lost,) = asked(one, 1)
    one.report(lost, epoch(1, 0.1))
    assert reap(other) == 1
    (again,) = asked(other, 1)
    assert again.run == lost.run
    assert again.trial.user_attrs[TrialAttr.ATTEMPTS] == 2
    assert again.reported == {1}
    one.report(lost, epoch(2, 0.2))
    with pytest.raises(OvertakenError, match="silent for longer than its lease"):
        one.complete(lost, Finished(lost.run, 2, "epochs", 100))
    other.report(again, epoch(2, 0.7))
    one.release(lost.run)
    assert asked(one, 1)[0].run.trial == 1
    (first, _) = one.trials()
    assert first.intermediate_values == {1: 0.1, 2: 0.7}


def test_a_silent_coordinator_leaves_its_old_trial_to_others_until_its_training_is_over(
    silent: tuple[Ledger, Ledger],
) -> None:
    one, other = silent
    (lost,) = asked(one, 1)
    assert reap(other) == 1
    assert [o.run.trial for o in asked(one, 1)] == []
    assert one.overtaken([lost]) == [lost]
    one.release(lost.run)
    assert one.overtaken([lost]) == []
    assert [o.run for o in asked(one, 1)] == [lost.run]


def test_a_trial_that_silences_its_coordinators_fails_after_its_retries(
    silent: tuple[Ledger, Ledger],
) -> None:
    one, other = silent
    for _ in range(RETRIES + 1):
        (lost,) = asked(one, 1)
        assert lost.run.trial == 0
        assert reap(other) == 1
        with pytest.raises(OvertakenError):
            one.put_back(lost)
        one.release(lost.run)
    (trial,) = asked(other, 1)
    assert trial.run.trial == 1
    failed = other.trials()[0]
    assert failed.state == TrialState.FAIL
    assert "4 attempts were lost" in failed.user_attrs[TrialAttr.FAILURE]


def test_only_one_carries_out_what_comes_after_the_search(silent: tuple[Ledger, Ledger]) -> None:
    one, other = silent
    assert one.take_stages()
    one.stored.set_user_attr(StudyAttr.CONFIRMATION, {"a": 1})
    assert not other.take_stages()
    reap(other)
    assert other.take_stages()
    other.stored.set_user_attr(StudyAttr.CONFIRMATION, {"b": 2})
    with pytest.raises(OvertakenError, match="another coordinator has taken over"):
        one.stored.set_user_attr(StudyAttr.CONFIRMATION, {"a": 1, "c": 3})
    assert other.stored.user_attrs[StudyAttr.CONFIRMATION] == {"b": 2}
    other.leave_stages()
    assert one.take_stages()


def test_a_server_that_is_away_is_waited_for_no_longer_than_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every answer fails to come for a minute."""
    now = 0.0

    def pass_by(seconds: float) -> None:
        nonlocal now
        now += seconds

    def ask() -> None:
        pass_by(60)
        raise OperationalError("SELECT 1", {}, Exception("timeout"))

    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: now, sleep=pass_by))
    with pytest.raises(OutageError, match=r"away for 10 minutes \(timeout\)"):
        Patience().wait(ask)
    assert patience.OUTAGE_SECONDS <= now < patience.OUTAGE_SECONDS + 150
    assert capsys.readouterr().err == f"nia-optuna: {patience.AWAY} (timeout)\n"


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("DROP DATABASE {database} WITH (FORCE)", 'database ".*" does not exist'),
        ("ALTER ROLE {role} NOLOGIN", "not permitted to log in"),
    ],
)
def test_a_server_that_lets_nobody_in_any_more_is_not_asked_again(
    postgres: Server, statement: str, line: str
) -> None:
    owner = postgres.fresh_database()
    reader = make_url(url_of_reader(owner))
    engine = create_engine(reader)
    engine.connect().close()
    administers = create_engine(postgres.url, isolation_level="AUTOCOMMIT")
    with administers.connect() as connection:
        names = {"database": reader.database, "role": reader.username}
        connection.execute(text(statement.format(**names)))
    engine.dispose()
    with pytest.raises(OutageError, match=f"lets nobody in: .*{line}"):
        Patience().wait(engine.connect)


def cut_off(ledger: Ledger, *, away: bool = True) -> None:
    """Let the server be away for a ledger, or be there again."""
    patience = ledger._writer._patience  # type: ignore[attr-defined]  # noqa: SLF001
    patience._since = time.monotonic()  # noqa: SLF001
    patience._again = math.inf if away else 0.0  # noqa: SLF001


def test_what_is_said_while_the_server_is_away_is_written_later(
    two: tuple[Ledger, Ledger],
) -> None:
    one, other = two
    first, second, third = asked(one, 3)
    cut_off(one)
    for k in range(1, 5):
        one.report_all([(opened, epoch(k, k / 10)) for opened in (first, second, third)])
    one.complete(first, Finished(first.run, 4, "epochs", 100))
    one.prune(second)
    one.put_back(third)
    assert not one.keep_up()
    assert [t.intermediate_values for t in other.trials()] == [{}, {}, {}]
    cut_off(one, away=False)
    one.keep_up()
    other._writer.refresh(other._id)  # type: ignore[attr-defined]  # noqa: SLF001
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.WAITING]
    assert [t.state for t in other.trials()] == states
    assert list(map(plain, one.trials())) == list(map(plain, other.trials()))


def test_an_end_that_is_told_late_is_refused_where_others_have_the_trial(
    silent: tuple[Ledger, Ledger], capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = silent
    (lost,) = asked(one, 1)
    cut_off(one)
    finish(one, lost, 0.1)
    assert [t.value for t in one.trials()] == [0.1]
    assert reap(other) == 1
    (again,) = asked(other, 1)
    cut_off(one, away=False)
    one.keep_up()
    assert "trial 0 is in other hands" in capsys.readouterr().err
    assert [t.state for t in one.trials()] == [TrialState.RUNNING]
    finish(other, again, 0.7)
    assert [o.run.trial for o in asked(one, 1)] == [1]
    assert [t.value for t in one.trials()] == [0.7, None]


@pytest.mark.parametrize("away", [True, False], ids=["server away", "process stopped"])
def test_an_end_that_is_told_late_counts_where_nobody_has_begun_the_trial_again(
    silent: tuple[Ledger, Ledger], capsys: pytest.CaptureFixture[str], *, away: bool
) -> None:
    one, other = silent
    (lost,) = asked(one, 1)
    if away:
        cut_off(one)
        finish(one, lost, math.pi)
    assert reap(other) == 1
    if away:
        cut_off(one, away=False)
        one.keep_up()
    else:
        finish(one, lost, math.pi)
    assert capsys.readouterr().err == ""
    assert [o.run.trial for o in asked(other, 1)] == [1]
    assert [o.run.trial for o in asked(one, 1)] == [2]
    (told, *_), (seen, *_) = other.trials(), one.trials()
    assert (told.value, told.intermediate_values) == (math.pi, {1: math.pi})
    assert TrialAttr.ATTEMPTS not in told.user_attrs
    assert plain(seen) == plain(told)


def test_a_late_end_is_told_while_others_are_begun(
    silent: tuple[Ledger, Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both need the study and the memory of its trials: neither waits for the other's."""
    one, other = silent
    (lost,) = asked(one, 1)
    assert reap(other) == 1
    locked = threading.Event()

    def slowly(session: Session, study_id: int) -> None:
        lock(session, study_id)
        locked.set()
        time.sleep(0.3)

    monkeypatch.setattr("nia_optuna.search.shared_writer.lock", slowly)
    begins = threading.Thread(target=asked, args=(one, 1))
    began = time.monotonic()
    begins.start()
    assert locked.wait(5)
    finish(one, lost, math.pi)
    begins.join()
    assert time.monotonic() - began < CLAIM_SECONDS / 2
    other._writer.refresh(other._id)  # type: ignore[attr-defined]  # noqa: SLF001
    assert [t.value for t in other.trials()] == [math.pi]


@pytest.mark.parametrize("full", [True, False], ids=["full disk", "room on the disk"])
def test_where_a_training_stood_is_kept_until_its_end_is_on_a_disk(
    postgres_url: str, tmp_path: Path, *, full: bool
) -> None:
    """While the server is away the disk has the end, or nobody has."""
    if full:
        (tmp_path / "outbox").write_text("a file, where a folder should be")
    storage = open_storage(postgres_url, Path(), create=True)
    ledger = ledger_in(storage, outbox=Outbox(tmp_path / "outbox"))
    ledger.standings = tmp_path
    with ledger.kept():
        (opened,) = asked(ledger, 1)
        file = tmp_path / f"{opened.run.trial}-{opened.run.seed}.safetensors"
        file.touch()
        cut_off(ledger)
        finish(ledger, opened)
        assert file.exists() == full


def test_a_lost_attempt_is_counted_and_the_trial_put_back_in_one_commit(
    two: tuple[Ledger, Ledger], postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = two
    reader = open_storage(postgres_url, Path(), create=False)
    dialect = one._writer._database.engine.dialect  # noqa: SLF001
    commit, seen = dialect.do_commit, set[tuple[int, TrialState]]()

    def looked(connection: Any) -> None:  # noqa: ANN401  # the driver's
        commit(connection)
        (trial,) = reader.get_all_trials(1)
        seen.add((attempts(trial.user_attrs), trial.state))

    for attempt in range(1, RETRIES + 1):
        (opened,) = asked(one, 1)
        with monkeypatch.context() as patched:
            patched.setattr(dialect, "do_commit", looked)
            assert one.lost(opened, "its trainer died")
        after = (attempt + 1, TrialState.WAITING)
        assert {after} <= seen <= {(attempt, TrialState.RUNNING), after}
        seen.clear()


@pytest.mark.parametrize(
    ("over", "lease", "dead"),
    [(0.01, 0.9, False), (30, 20, False), (1, 0.5, True)],
    ids=["silent for less than a lease", "server up for less than a lease", "dead"],
)
def test_who_starts_takes_nobody_for_dead_who_may_only_have_been_cut_off(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, over: float, lease: float, *, dead: bool
) -> None:
    """For how long one's lease is over, and the other's is, in units of the server's own age."""
    monkeypatch.setattr("nia_optuna.search.leases.Leases._keep", lambda *_: None)
    one = opened_at(postgres_url)
    with one.kept():
        (opened,) = asked(one, 1)
        with transaction(one._writer._database.engine) as session:  # noqa: SLF001
            age = session.execute(text("SELECT now() - pg_postmaster_start_time()")).scalar_one()
            session.execute(update(COORDINATORS).values(expires=func.now() - over * age))
        with opened_at(postgres_url, lease=lease * age.total_seconds()).kept():
            one._writer.refresh(one._id)  # type: ignore[attr-defined]  # noqa: SLF001
            assert one.overtaken([opened]) == [opened] * dead


def test_who_has_wanted_to_stop_for_a_while_waits_for_no_server(
    two: tuple[Ledger, Ledger],
) -> None:
    one, _ = two
    asked(one, 1)
    cut_off(one)
    wish = one._writer._patience.wish  # type: ignore[attr-defined]  # noqa: SLF001
    wish.since = time.monotonic() - patience.LAST_SECONDS
    with pytest.raises(Interrupted):
        one.ask()
    with pytest.raises(Interrupted):
        one.reap()


def test_who_wants_to_stop_within_a_pause_finds_a_server_that_is_back(
    two: tuple[Ledger, Ledger],
) -> None:
    one, other = two
    first, _ = asked(one, 2)
    cut_off(one)
    finish(one, first)
    one._writer._patience.wish.ask()  # type: ignore[attr-defined]  # noqa: SLF001
    assert one.reap() == 1
    other._writer.refresh(other._id)  # type: ignore[attr-defined]  # noqa: SLF001
    assert [t.state for t in other.trials()] == [TrialState.COMPLETE, TrialState.WAITING]


def test_who_wants_to_stop_asks_a_server_that_is_away_for_five_seconds_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, asks = 0.0, list[float]()

    def pass_by(seconds: float) -> None:
        nonlocal now
        now += seconds
        if now >= 30:
            wish.since = min(wish.since, now)  # within a pause of ten seconds

    def ask() -> None:
        asks.append(now)
        raise OperationalError("SELECT 1", {}, Exception("refused"))

    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: now, sleep=pass_by))
    wish = Wish()
    impatient = Patience(wish)
    with pytest.raises(Interrupted):
        impatient.wait(ask)
    assert wish.since + 4 < asks[-1] <= now < wish.since + 6
    asked_before = len(asks)
    with pytest.raises(AwayError):
        impatient.once(ask)
    assert len(asks) == asked_before


def test_a_coordinator_that_lives_keeps_its_trials(postgres_url: str) -> None:
    one, other = opened_at(postgres_url, lease=1), opened_at(postgres_url, lease=1)
    with one.kept(), other.kept():
        (opened,) = asked(one, 1)
        time.sleep(2)
        finish(one, opened, math.pi)
        other.keep_up()
    assert [t.value for t in other.trials()] == [math.pi]
