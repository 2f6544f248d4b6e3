"""Which coordinator has which trial, in a PostgreSQL database that several share.

Every coordinator renews a lease by the database's clock. One that was silent for longer has lost
whatever it had: anyone may put its trials back. What it says of them later is refused but the end
of one that nobody has begun again.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import ColumnElement, Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from nia_optuna.record import TrialAttr
from nia_optuna.search.ends import attempts_in, id_of, mark, value_rows
from nia_optuna.search.lease_tables import CLAIMS, COORDINATORS, SEARCHES, STAGES
from nia_optuna.search.ledger import RETRIES
from nia_optuna.search.patience import Patience
from nia_optuna.search.transactions import lock, transaction, upserts

# A coordinator that is silent for so long is taken for dead; it says four times as often that it
# lives.
LEASE_SECONDS = 60.0


@dataclass(frozen=True)
class Leases:
    """What one coordinator has in the database behind `engine`, while it is heard from.

    It is taken for dead after `seconds` of silence.
    """

    engine: Engine
    seconds: float = LEASE_SECONDS
    patience: Patience = field(default_factory=Patience)
    owner: str = field(default_factory=lambda: str(uuid.uuid4()))

    @contextmanager
    def kept(self, study_id: int) -> Iterator[None]:
        """Renew the lease, and put back what belongs to the dead, in a thread while within."""
        self.patience.wait(lambda: self.renew(study_id))
        # Whoever starts behind an outage does not know of it, and all were silent for as long.
        self.patience.wait(lambda: self.reap(study_id, grace=self.seconds))
        done = threading.Event()
        thread = threading.Thread(target=self._keep, args=(study_id, done), name="lease")
        thread.daemon = True
        thread.start()
        try:
            yield
        finally:
            done.set()
            # Where the server is away the lease runs out by itself, and an answer may take long.
            if not self.patience.away:
                thread.join()
                with suppress(SQLAlchemyError), transaction(self.engine) as session:
                    session.execute(delete(COORDINATORS).where(COORDINATORS.c.owner == self.owner))

    @contextmanager
    def searching(self, study_id: int) -> Iterator[None]:
        """Let others know that it may begin trials, while within."""

        def begin() -> None:
            self.renew(study_id)
            with transaction(self.engine) as session:
                self._search(session)

        def end() -> None:
            with transaction(self.engine) as session:
                session.execute(delete(SEARCHES).where(SEARCHES.c.owner == self.owner))

        self.patience.wait(begin)
        yield
        # Who raises leaves altogether, and this goes with the lease.
        self.patience.wait(end)

    def others_search(self, study_id: int) -> bool:
        """Return whether another coordinator may begin trials."""
        at_it = select(SEARCHES.c.owner).join(COORDINATORS)
        others = (COORDINATORS.c.study_id == study_id) & (COORDINATORS.c.owner != self.owner)
        with transaction(self.engine) as session:
            return session.scalar(at_it.where(others).limit(1)) is not None

    def claim(
        self, session: Session, study_id: int, count: int, *, but_not: Collection[int] = ()
    ) -> list[int]:
        """Begin so many trials, those that wait first; return their ids.

        The study must be locked. No new one is made while others wait, those that are not to be
        begun included.
        """
        self._search(session)  # it may have been taken for dead since it said so
        trials = models.TrialModel
        query = select(trials).where(trials.study_id == study_id)
        waiting = list(
            session.scalars(query.where(trials.state == TrialState.WAITING).order_by(trials.number))
        )
        begun = [trial for trial in waiting if trial.trial_id not in but_not][:count]
        for _ in range(count - len(waiting)):
            new = trials(study_id=study_id)
            begun.append(new)
        for trial in begun:
            trial.state = TrialState.RUNNING
            trial.datetime_start = datetime.now()  # noqa: DTZ005  # as Optuna does
            if trial.trial_id is None:
                session.add(trial)
                session.flush()
                trial.number = trial.count_past_trials(session)
        session.flush()
        ids = [int(trial.trial_id) for trial in begun]
        if ids:
            rows = [{"trial_id": trial_id, "owner": self.owner} for trial_id in ids]
            session.execute(insert(CLAIMS), rows)
        return ids

    def held(self, session: Session, among: Collection[int] | None = None) -> set[int]:
        """Return the trials that it has; those `among` which are asked for stay its own within."""
        query = select(CLAIMS.c.trial_id).where(CLAIMS.c.owner == self.owner)
        if among is None:
            return set(session.scalars(query))
        # Who reaps has to have this row: it waits until the transaction is over.
        mine = select(COORDINATORS).where(COORDINATORS.c.owner == self.owner)
        session.execute(mine.with_for_update(read=True)).all()
        return set(session.scalars(query.where(CLAIMS.c.trial_id.in_(among))))

    def end(self, session: Session, trial: FrozenTrial) -> None:
        """Let a trial of its own wait or have ended, and have it no more."""
        upserts(session, value_rows(trial))
        mark(session, trial)
        unclaim(session, id_of(trial))

    def take_stages(self, study_id: int) -> bool:
        """Return whether it carries out what comes after the search; only one coordinator does."""
        self.renew(study_id)
        with transaction(self.engine) as session:
            mine = insert(STAGES).values(study_id=study_id, owner=self.owner)
            session.execute(mine.on_conflict_do_nothing())
        with transaction(self.engine) as session:
            return self.has_stages(session, study_id)

    def has_stages(self, session: Session, study_id: int) -> bool:
        """Return whether the stages are its own, which they stay while `session` lasts."""
        mine = (STAGES.c.study_id == study_id) & (STAGES.c.owner == self.owner)
        return session.scalar(select(STAGES.c.owner).where(mine).with_for_update()) is not None

    def leave_stages(self, study_id: int) -> None:
        """Let another coordinator carry them out."""
        mine = (STAGES.c.study_id == study_id) & (STAGES.c.owner == self.owner)
        with transaction(self.engine) as session:
            session.execute(delete(STAGES).where(mine))

    def reap(self, study_id: int, grace: float = 0.0) -> int:
        """Put back the trials of coordinators that are silent; return how many.

        Each has one attempt more behind it then, and fails where it has had all that it may. Those
        whose lease has been over for less than `grace` seconds keep theirs, as all do while the
        server has not been up for as long.
        """
        trials = models.TrialModel
        latest = func.now() - _interval(grace)
        dead = (COORDINATORS.c.study_id == study_id) & (COORDINATORS.c.expires < latest)
        dead &= func.pg_postmaster_start_time() <= latest
        with transaction(self.engine) as session:
            lock(session, study_id)
            session.execute(delete(COORDINATORS).where(dead))  # their claims go with them
            claimed = select(CLAIMS.c.trial_id).where(CLAIMS.c.trial_id == trials.trial_id)
            left = select(trials).where(trials.study_id == study_id, ~claimed.exists())
            orphans = list(session.scalars(left.where(trials.state == TrialState.RUNNING)))
            for trial in orphans:
                _put_back(session, trial)
        return len(orphans)

    def renew(self, study_id: int) -> None:
        """Say that this coordinator lives."""
        expires = func.clock_timestamp() + _interval(self.seconds)
        mine = insert(COORDINATORS).values(owner=self.owner, study_id=study_id, expires=expires)
        with transaction(self.engine) as session:
            session.execute(
                mine.on_conflict_do_update(index_elements=["owner"], set_={"expires": expires})
            )

    def _search(self, session: Session) -> None:
        mine = insert(SEARCHES).values(owner=self.owner)
        session.execute(mine.on_conflict_do_nothing())

    def _keep(self, study_id: int, done: threading.Event) -> None:
        # Behind an outage, and at the start, whoever lives has a lease's time to say so.
        reap_from = time.monotonic() + self.seconds
        while not done.wait(self.seconds / 4):
            try:
                self.renew(study_id)
                if time.monotonic() >= reap_from:
                    self.reap(study_id)
            except SQLAlchemyError:
                reap_from = time.monotonic() + self.seconds


def _interval(seconds: float) -> ColumnElement[timedelta]:
    interval: ColumnElement[timedelta] = func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    return interval


def unclaim(session: Session, trial_id: int) -> None:
    """Let nobody have a trial any more."""
    session.execute(delete(CLAIMS).where(CLAIMS.c.trial_id == trial_id))


def _put_back(session: Session, trial: models.TrialModel) -> None:
    attempts = attempts_in(session, cast(int, trial.trial_id))
    if attempts > RETRIES:
        why = f"its coordinator died or fell silent, and {attempts} attempts were lost"
        # By whose clock it was asked for, nobody knows any more.
        said: dict[TrialAttr, object] = {
            TrialAttr.FAILURE: why,
            TrialAttr.TIMES: [time.time()] * 2,
        }
        trial.state = TrialState.FAIL
        trial.datetime_complete = datetime.now()  # noqa: DTZ005  # as Optuna does
    else:
        said = {TrialAttr.ATTEMPTS: attempts + 1}
        trial.state = TrialState.WAITING
    for key, value in said.items():
        row = {"trial_id": trial.trial_id, "key": str(key), "value_json": json.dumps(value)}
        upserts(session, [(models.TrialUserAttributeModel, row)])
