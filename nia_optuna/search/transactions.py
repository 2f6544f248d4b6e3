"""Transactions in a PostgreSQL database that several coordinators share.

What is done there may be done a second time, because the answer to the first was lost.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy import Engine, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from nia_optuna.search.ends import Rows, by_table
from nia_optuna.search.patience import Patience

# The database ends a transaction in which nobody says anything for so long: its process is stopped.
CLAIM_SECONDS = 10
BEGIN_SECONDS = 60


@contextmanager
def transaction(engine: Engine, patience: int = CLAIM_SECONDS) -> Iterator[Session]:
    """Open a transaction that the database ends where nothing is said for `patience` seconds."""
    with Session(engine) as session, session.begin():
        session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{patience}s'"))
        yield session


@contextmanager
def alone(engine: Engine, what: str, patience: Patience | None = None) -> Iterator[None]:
    """Let no other process do the same; the database drops the lock with the connection.

    It is kept for as long as it takes, by a thread: a process that is stopped loses it. With
    `patience` a server that is away is waited for.
    """
    number = int.from_bytes(hashlib.sha256(f"nia-optuna {what}".encode()).digest()[:8], signed=True)

    def locked() -> ExitStack:
        with ExitStack() as stack:
            session = stack.enter_context(transaction(engine, BEGIN_SECONDS))
            session.execute(select(func.pg_advisory_xact_lock(number)))
            stack.enter_context(_talking(session))
            return stack.pop_all()

    held = patience.wait(locked) if patience else locked()
    try:
        yield
    finally:
        # Where the connection is gone, so is the lock.
        with suppress(SQLAlchemyError):
            held.close()


@contextmanager
def _talking(session: Session) -> Iterator[None]:
    """Say something in a transaction now and then, that the database should not end it."""
    done = threading.Event()

    def talk() -> None:
        with suppress(SQLAlchemyError):
            while not done.wait(BEGIN_SECONDS / 4):
                session.execute(select(1))

    thread = threading.Thread(target=talk, name="lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def lock(session: Session, study_id: int) -> None:
    """Hold a study until the transaction ends: trials are begun and put back by one at a time.

    It is the lock that Optuna takes to number a new trial.
    """
    models.StudyModel.find_or_raise_by_id(study_id, session, for_update=True)


def upserts(session: Session, rows: Rows) -> None:
    """Write rows of Optuna's tables, each in the place of the one of its name or step."""
    for model, mine in by_table(rows).items():
        new = insert(model.__table__)
        names = mine[0].keys()
        keys = sorted(names & {"study_id", "trial_id", "key", "step", "param_name", "objective"})
        changes = {name: new.excluded[name] for name in names - set(keys)}
        statement = new.on_conflict_do_update(index_elements=keys, set_=changes)
        session.connection().execute(statement, mine)


def queued(session: Session, study_id: int, like: FrozenTrial) -> int | None:
    """Return the trial of a study that has the user attributes of `like`, None where none has."""
    trials, told = models.TrialModel, models.TrialUserAttributeModel
    query = select(trials.trial_id).where(trials.study_id == study_id)
    for key, value in like.user_attrs.items():
        same = (told.key == str(key)) & (told.value_json == json.dumps(value))
        query = query.where(select(told).where(told.trial_id == trials.trial_id, same).exists())
    return session.scalar(query.limit(1)) if like.user_attrs else None
