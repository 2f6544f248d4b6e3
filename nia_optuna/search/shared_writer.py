"""The storage as one of several coordinators sees it that write to a study in PostgreSQL."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Container, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
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

from nia_optuna.search.leases import (
    LEASE_SECONDS,
    End,
    Leases,
    alone,
    lock,
    queued,
    transaction,
    upserts,
)
from nia_optuna.search.patience import patiently
from nia_optuna.search.sole_writer import OvertakenError, Rows, SoleWriter

T = TypeVar("T")

# So long what the others do may be unknown to a coordinator.
LOOK_SECONDS = 1.0


class SharedWriter(SoleWriter):
    """As SoleWriter, for one of several: its own trials are known, what others change is read.

    Trials are begun by `claim`, and only then written to. What is said of a trial that another has
    taken over is not written; its state cannot be changed either, which raises OvertakenError. It
    stays as it was in memory until `release`.
    """

    shared = True

    def __init__(self, database: RDBStorage, seconds: float = LEASE_SECONDS) -> None:
        super().__init__(database)
        self._leases = Leases(database.engine, seconds)
        self.owner = self._leases.owner
        self._held: set[int] = set()
        self._lost: set[int] = set()
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
        return _tried(lambda: self._leases.others_search(study_id))

    def alone(self, study_name: str) -> AbstractContextManager[None]:
        """Let no other coordinator begin the study, or change what stands at it, while within."""
        return alone(self._database.engine, study_name, patient=True)

    def claim(self, study_id: int, count: int, room: Callable[[], int]) -> list[int]:
        """Begin up to `count` trials at once, waiting ones first; return their ids.

        `room` says how many may be begun, by what is in memory then. That is exact: trials are
        begun by one coordinator at a time, and whatever others do makes room.
        """

        def once() -> list[int]:
            # In a transaction of its own: a thread that writes may wait for the lease, with the
            # memory that is read below.
            self._leases.renew(study_id)
            with transaction(self._database.engine) as session:
                lock(session, study_id)
                if begun := self._read_others(session, study_id):
                    return sorted(begun)  # before the answer to that was lost
                left = max(0, min(count, room()))
                return self._leases.claim(session, study_id, left, but_not=self._lost)

        try:
            ids = _tried(once)
        except IntegrityError:
            return []  # taken for dead in between
        with self._lock:
            self._held |= set(ids)
            _tried(lambda: self._take_in(study_id, ids))
        return ids

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
        """Read what others have done, if the last look is a while ago; return whether any did."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self.refresh(study_id)
        news, self._news = self._news, False
        return news

    def refresh(self, study_id: int) -> None:
        """Read the trials that others have changed, and which of its own it still has."""

        def once() -> None:
            with transaction(self._database.engine) as session:
                self._read_others(session, study_id)

        _tried(once)

    def _read_others(self, session: Session, study_id: int) -> set[int]:
        """Read what others have changed; return what it has in the database, and knows not of."""
        row = models.TrialModel
        with self._lock:
            trials = self._trials(study_id)
            open_ids = [i for i, trial in trials.items() if not trial.state.is_finished()]
            new = (row.study_id == study_id) & (row.trial_id > max(trials, default=-1))
            held = self._leases.held(session)
            query = select(row.trial_id, row.state).where(new | row.trial_id.in_(open_ids))
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
            self._take_in(study_id, changed)
            self._news = self._news or bool(changed)
            self._looked, self._unread = time.monotonic(), False
            # With the memory locked: a trial whose end a thread writes is in both, or in neither.
            return held - self._held

    def take_stages(self, study_id: int) -> bool:
        """Return whether this coordinator carries out what comes after the search."""
        self._in_stages = _tried(lambda: self._leases.take_stages(study_id))
        return self._in_stages

    def leave_stages(self, study_id: int) -> None:
        """Let another carry it out."""
        self._in_stages = False
        _tried(lambda: self._leases.leave_stages(study_id))

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

        # Not under the lock of the memory: the database has one that a claim holds meanwhile.
        trial_id = _tried(once)
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

        if not _tried(once):
            self._in_stages = False
            raise OvertakenError(
                "this process was silent for longer than its lease, and another coordinator "
                "has taken over what comes after the search"
            )

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """Return the user attributes of a study."""
        return patiently(lambda: self._database.get_study_user_attrs(study_id))

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """Return the system attributes of a study."""
        return patiently(lambda: self._database.get_study_system_attrs(study_id))

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:  # noqa: ANN401
        """Set a system attribute of a study."""
        patiently(lambda: self._database.set_study_system_attr(study_id, key, value))

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Return what a study does with its values."""
        return patiently(lambda: self._database.get_study_directions(study_id))

    def _change(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        assert state != TrialState.RUNNING, "trials are begun by claim"
        end = End(trial_id, state, values, datetime.now())  # noqa: DTZ005  # as Optuna does
        if not self._commit(self._taken(), end):
            raise OvertakenError(
                "this process was silent for longer than its lease, and the trial was put back"
            )
        self._held.discard(trial_id)
        return True

    def _insert(self, rows: Rows) -> None:
        self._commit(rows)

    def _rewrite(
        self,
        model: type[models.BaseModel],
        row: dict[str, Any],
        again: Callable[..., None],  # noqa: ARG002  # what SoleWriter needs
        *what: object,  # noqa: ARG002
    ) -> None:
        self._write(model, row)

    def _read(self, trial_id: int, trial: FrozenTrial) -> FrozenTrial:
        return _tried(lambda: super(SharedWriter, self)._read(trial_id, trial))

    def _take_in(self, study_id: int, ids: Collection[int]) -> None:
        """Read trials as they stand in the database."""
        if ids:
            read = self._database._get_trials(study_id, None, set(ids), max(ids))  # noqa: SLF001
            self._know(study_id, (t for t in read if t._trial_id in ids))  # noqa: SLF001

    def _part(self, lost: set[int]) -> None:
        self._lost |= lost & self._held
        self._held -= lost

    def _commit(self, rows: Rows, end: End | None = None) -> bool:
        """Write what is said of its own trials, and the end of one; return whether it still was."""
        ids = {row["trial_id"] for _, row in rows} | ({end.trial_id} if end else set())

        def once() -> set[int]:
            with transaction(self._database.engine) as session:
                held = self._leases.held(session, ids)
                upserts(session, [(model, row) for model, row in rows if row["trial_id"] in held])
                if end and end.trial_id in held:
                    self._leases.end(session, end)
                elif end and end.is_told(session):
                    held.add(end.trial_id)
                return held

        held = _tried(once)
        with self._lock:
            self._part(ids - held)
        return end is None or end.trial_id in held


def _tried(do: Callable[[], T]) -> T:
    try:
        return patiently(do)
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        raise StorageInternalError(f"the database refused: {error}") from error
