"""The storage as one of several coordinators sees it that write to a study in PostgreSQL."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Collection, Container
from contextlib import AbstractContextManager, suppress
from itertools import count
from typing import Any, TypeVar

from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from nia_optuna.search.ends import Rows, id_of
from nia_optuna.search.interrupt import Wish
from nia_optuna.search.late import Late, retold, written
from nia_optuna.search.leases import LEASE_SECONDS, Leases
from nia_optuna.search.outbox import Outbox
from nia_optuna.search.patience import AwayError, Patience
from nia_optuna.search.runs import RunsError
from nia_optuna.search.sole_writer import OvertakenError, SoleWriter
from nia_optuna.search.transactions import alone, lock, queued, transaction, upserts

T = TypeVar("T")

# So long what the others do may be unknown to a coordinator.
LOOK_SECONDS = 1.0


class SharedWriter(SoleWriter):
    """As SoleWriter, for one of several: its own trials are known, what others change is read.

    Trials are begun by `claim`, and only then written to. What is said of a trial that another has
    taken over is not written; its state cannot be changed either, which raises OvertakenError. It
    stays as it was in memory until `release`. The end of one that was put back, and that nobody has
    begun again, is written.

    While the server is away, what is said of its own trials is written later, by `settle`, and
    taken for written until then. Everything else waits, as long as `wish` and Patience let it.
    """

    shared = True

    def __init__(
        self,
        database: RDBStorage,
        outbox: Outbox | None = None,
        seconds: float = LEASE_SECONDS,
        wish: Wish | None = None,
    ) -> None:
        super().__init__(database, outbox)
        self._patience = Patience(wish or Wish())
        self._leases = Leases(database.engine, seconds, self._patience)
        self.owner = self._leases.owner
        self._held: set[int] = set()
        self._lost: set[int] = set()
        self._late: list[Late] = []
        self._stale: set[int] = set()
        self._in_stages = False
        self._looked, self._news = 0.0, False
        self._unread = self._interrupted = False

    def kept(self, study_id: int) -> AbstractContextManager[None]:
        """Be heard from, and put back the trials of who is not, while within."""
        return self._leases.kept(study_id)

    def searching(self, study_id: int) -> AbstractContextManager[None]:
        """Let others know that this coordinator may begin trials, while within."""
        return self._leases.searching(study_id)

    def others_search(self, study_id: int) -> bool:
        """Return whether another coordinator may begin trials."""
        return self._tried(lambda: self._leases.others_search(study_id))

    def alone(self, study_name: str) -> AbstractContextManager[None]:
        """Let no other coordinator begin the study, or change what stands at it, while within."""
        return alone(self._database.engine, study_name, self._patience)

    def claim(self, study_id: int, count: int, room: Callable[[], int]) -> list[int]:
        """Begin up to `count` trials at once, waiting ones first; return their ids.

        `room` says how many may be begun, by what is in memory then. That is exact: trials are
        begun by one coordinator at a time, and whatever others do makes room.
        """

        def once() -> list[int]:
            # In a transaction of its own: a thread that writes may wait for the lease, with the
            # memory that is needed below.
            self._leases.renew(study_id)
            self._write_late()
            # The memory first, as where an end is told that has to have the study: whoever takes
            # the two the other way round may wait for one who waits for it.
            with self._lock, transaction(self._database.engine) as session:
                lock(session, study_id)
                if begun := self._read_others(session, study_id):
                    return sorted(begun)  # before the answer to that was lost
                left = max(0, min(count, room()))
                return self._leases.claim(session, study_id, left, but_not=self._lost)

        try:
            ids = self._tried(once)
        except IntegrityError:
            return []  # taken for dead in between
        with self._lock:
            self._held |= set(ids)
        self._tried(lambda: self._take_in(study_id, ids))
        return ids

    def is_kept(self, trial_id: int) -> bool:
        """Return whether the end of a trial is in the database, or at least in the outbox."""
        with self._lock:
            late = [each.end for each in self._late if each.end and id_of(each.end) == trial_id]
        return all(self._outbox is not None and self._outbox.has(end) for end in late)

    def mine(self, trial_id: int) -> bool:
        """Return whether this coordinator has a running trial."""
        return trial_id in self._held

    def overtaken(self, trial_id: int) -> bool:
        """Return whether a trial was its own, and is another's or waits now."""
        return trial_id in self._lost

    def release(self, study_id: int, number: int) -> None:
        """Let an overtaken trial be as the others have it: nothing is heard of it here any more."""
        with self._lock:
            trials = self._trials(study_id)
            self._lost -= {lost for lost in self._lost if trials[lost].number == number}

    def elsewhere(self, study_id: int) -> int:
        """Return how many trials others train, as far as is known."""
        with self._lock:
            trials = self._trials(study_id)
            running = {i for i, trial in trials.items() if trial.state == TrialState.RUNNING}
            return len(running - self._held)

    def keep_up(self, study_id: int) -> bool:
        """Read what others have done, if the last look is a while ago; return whether any did.

        While the server is away there is no news.
        """
        if self._late or time.monotonic() - self._looked >= LOOK_SECONDS:
            with suppress(AwayError):
                self._once(lambda: self._refresh(study_id))
        news, self._news = self._news, False
        return news

    def refresh(self, study_id: int) -> None:
        """Read the trials that others have changed, and which of its own it still has."""
        self._tried(lambda: self._refresh(study_id))

    def settle(self) -> None:
        """Write what could not be written while the server was away: wait for it."""
        if self._late:
            self._tried(self._write_late)

    def _refresh(self, study_id: int) -> None:
        self._write_late()
        with transaction(self._database.engine) as session:
            self._read_others(session, study_id)

    def _read_others(self, session: Session, study_id: int) -> set[int]:
        """Read what others have changed; return what it has in the database, and knows not of."""
        row = models.TrialModel
        with self._lock:
            trials = self._trials(study_id)
            unsure = {i for i, trial in trials.items() if not trial.state.is_finished()}
            unsure |= self._stale
            new = (row.study_id == study_id) & (row.trial_id > max(trials, default=-1))
            held = self._leases.held(session)
            query = select(row.trial_id, row.state).where(new | row.trial_id.in_(unsure))
            states = {each[0]: each[1] for each in session.execute(query)}
            self._part(self._held - held)
            others = states.keys() - self._held - self._lost
            changed = {
                i
                for i in others
                if i not in trials
                or trials[i].state != states[i]
                or states[i] == TrialState.RUNNING
            }
            self._take_in(study_id, changed | self._stale)
            self._stale = set()
            self._news = self._news or bool(changed)
            self._looked, self._unread = time.monotonic(), False
            # With the memory locked: a trial whose end a thread writes is in both, or in neither.
            return held - self._held - {id_of(each.end) for each in self._late if each.end}

    def take_stages(self, study_id: int) -> bool:
        """Return whether this coordinator carries out what comes after the search."""
        self._in_stages = self._tried(lambda: self._leases.take_stages(study_id))
        return self._in_stages

    def leave_stages(self, study_id: int) -> None:
        """Let another carry it out."""
        self._in_stages = False
        self._tried(lambda: self._leases.leave_stages(study_id))

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Make a trial that waits; return its id, or that of one with its user attributes."""
        assert template_trial is not None, "trials are begun by claim"
        tries = count()

        def once() -> int:
            # The answer to the try before may have been lost. So is the lock under which trials
            # are queued: from then on another coordinator may have queued the same ones.
            self._interrupted = next(tries) > 0 or self._interrupted
            with transaction(self._database.engine) as session:
                lock(session, study_id)
                if self._interrupted and (known := queued(session, study_id, template_trial)):
                    return known
                made = self._database._get_prepared_new_trial(  # noqa: SLF001
                    study_id, template_trial, session
                )
                return int(made.trial_id)

        # Not under the lock of the memory: nothing in it is needed while others hold the study.
        trial_id = self._tried(once)
        # Many are queued in a row, and whoever asks for trials reads them all at once.
        self._unread = True
        return trial_id

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,  # noqa: FBT001, FBT002  # Optuna's signature
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """Return the trials in any of `states`, by number, its own new ones included."""
        if self._unread:
            self.refresh(study_id)
        return super().get_all_trials(study_id, deepcopy, states)

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:  # noqa: ANN401
        """Set a user attribute of a study; raises OvertakenError where its stages are another's."""
        row = {"study_id": study_id, "key": key, "value_json": json.dumps(value)}

        def once() -> bool:
            with transaction(self._database.engine) as session:
                if self._in_stages and not self._leases.has_stages(session, study_id):
                    return False
                upserts(session, [(models.StudyUserAttributeModel, row)])
                return True

        if not self._tried(once):
            self._in_stages = False
            raise OvertakenError(
                "this process was silent for longer than its lease, and another coordinator "
                "has taken over what comes after the search"
            )

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """Return the user attributes of a study."""
        return self._patience.wait(lambda: self._database.get_study_user_attrs(study_id))

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """Return the system attributes of a study."""
        return self._patience.wait(lambda: self._database.get_study_system_attrs(study_id))

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:  # noqa: ANN401
        """Set a system attribute of a study."""
        self._patience.wait(lambda: self._database.set_study_system_attr(study_id, key, value))

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Return what a study does with its values."""
        return self._patience.wait(lambda: self._database.get_study_directions(study_id))

    def _begin(self, trial_id: int) -> bool:
        raise AssertionError(f"trial {trial_id} was to be begun by claim")

    def _end(self, trial: FrozenTrial) -> None:
        if not self._commit(self._taken(), trial):
            raise OvertakenError(
                "this process was silent for longer than its lease, and the trial was put back"
            )
        self._held.discard(id_of(trial))

    def _retell(self, study_id: int, ended: FrozenTrial) -> bool:
        def once() -> int | None:
            with transaction(self._database.engine) as session:
                return retold(session, study_id, ended)

        trial_id = self._tried(once)
        if trial_id is not None:
            self._tried(lambda: self._take_in(study_id, [trial_id]))
        return trial_id is not None

    def _keep(self, trial: FrozenTrial) -> None:
        try:
            if self._outbox:
                self._outbox.put(trial)
        except (OSError, RunsError) as error:
            sys.stderr.write(
                f"nia-optuna: while the database server is away, trial {trial.number} would wait "
                f"in memory alone: {error}\n"
            )

    def _insert(self, rows: Rows, end: FrozenTrial | None = None) -> None:
        self._commit(rows, end)

    def _rewrite(
        self,
        model: type[models.BaseModel],
        row: dict[str, Any],
        again: Callable[..., None],  # noqa: ARG002  # what SoleWriter needs
        *what: object,  # noqa: ARG002
    ) -> None:
        self._write(model, row)

    def _read(self, trial_id: int, trial: FrozenTrial) -> FrozenTrial:
        return self._tried(lambda: super(SharedWriter, self)._read(trial_id, trial))

    def _take_in(self, study_id: int, ids: Collection[int]) -> None:
        """Read trials as they stand in the database."""
        if ids:
            read = self._database._get_trials(study_id, None, set(ids), max(ids))  # noqa: SLF001
            with self._lock:
                self._know(study_id, (t for t in read if id_of(t) in ids))

    def _part(self, lost: set[int]) -> None:
        self._lost |= lost & self._held
        self._held -= lost

    def _commit(self, rows: Rows, end: FrozenTrial | None = None) -> bool:
        """Write what is said of its own trials, and the end of one; return whether it still was.

        While the server is away, yes is assumed.
        """
        with self._lock:
            self._late.append(Late(rows, end))
            try:
                refused = self._write_late()
            except AwayError:
                return True
        return end is None or id_of(end) not in refused

    def _write_late(self) -> set[int]:
        """Write what is not written yet, in its order; return the trials that are another's."""
        with self._lock:
            if not self._late:
                return set()
            late, self._late = self._late, []
            try:
                refused, told = self._once(lambda: written(self._leases, late, self._study_of))
            except BaseException:
                self._late = late  # whatever it was that they could not be written for
                raise
            self._part(refused)
            self._lost -= told
            self._stale |= told  # others may have said something of them
            for end in (each.end for each in late if each.end):
                self._drop(end)
                self._doubt(end, refused)
            return refused

    def _doubt(self, end: FrozenTrial, refused: Collection[int]) -> None:
        """Read a trial anew that has ended in memory alone."""
        trial_id = id_of(end)
        known = self._trials(self._study_of[trial_id])[trial_id]
        if trial_id not in refused or known.state != end.state:
            return
        self._stale.add(trial_id)
        self._lost.discard(trial_id)
        if end.state.is_finished():
            sys.stderr.write(
                f"nia-optuna: trial {end.number} is in other hands since the database server was "
                "away: what came of it here is refused\n"
            )

    def _once(self, do: Callable[[], T]) -> T:
        return _said(lambda: self._patience.once(do))

    def _tried(self, do: Callable[[], T]) -> T:
        return _said(lambda: self._patience.wait(do))


def _said(do: Callable[[], T]) -> T:
    try:
        return do()
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        raise StorageInternalError(f"the database refused: {error}") from error
