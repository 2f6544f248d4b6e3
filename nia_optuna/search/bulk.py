"""Optuna's storage in a database, which reads all trials of a study as rows.

Optuna makes an object of SQLAlchemy's of every parameter, attribute and reported value: beside
10,000 trials that is most of the time that reading them takes.
"""

from __future__ import annotations

import gc
import json
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

from optuna.distributions import json_to_distribution
from optuna.storages import RDBStorage

# Rows are of Optuna's tables, and what it makes of them is Optuna's to say; both are private.
from optuna.storages._rdb import models
from optuna.storages._rdb.storage import _create_scoped_session
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import ColumnElement, FromClause, select
from sqlalchemy.orm import Session

TRIALS = models.TrialModel.__table__
Named = dict[int, dict[str, Any]]
"""By the id of a trial: values by their names."""


class BulkStorage(RDBStorage):
    """Optuna's storage in a database; what it reads is the same, in a fraction of the time."""

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: set[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        if trial_id_greater_than >= 0:
            # Those that are new or have not ended: they are few.
            return super()._get_trials(study_id, states, included_trial_ids, trial_id_greater_than)
        with _create_scoped_session(self.scoped_session) as session, _uncollected():
            models.StudyModel.find_or_raise_by_id(study_id, session)  # or KeyError
            wanted = TRIALS.c.study_id == study_id
            if states is not None:
                wanted &= TRIALS.c.state.in_([state for state in TrialState if state in states])
            return _trials(session, wanted)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let nobody look for garbage within: among millions of new values there is none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _trials(session: Session, wanted: ColumnElement[bool]) -> list[FrozenTrial]:
    # The trials come first: whatever ended by then is whole in what is read after them.
    columns = ("trial_id", "number", "state", "datetime_start", "datetime_complete")
    found = session.execute(
        select(*(TRIALS.c[name] for name in columns)).where(wanted).order_by(TRIALS.c.trial_id)
    ).all()
    values, reported = _values(session, wanted), _reported(session, wanted)
    params, distributions = _params(session, wanted)
    user_attrs = _attrs(session, wanted, models.TrialUserAttributeModel.__table__)
    system_attrs = _attrs(session, wanted, models.TrialSystemAttributeModel.__table__)
    return [
        FrozenTrial(
            number=number,
            state=state,
            value=None,
            values=values.get(trial_id),
            datetime_start=_local(start),
            datetime_complete=_local(complete),
            params=params[trial_id],
            distributions=distributions[trial_id],
            user_attrs=user_attrs[trial_id],
            system_attrs=system_attrs[trial_id],
            intermediate_values=reported[trial_id],
            trial_id=trial_id,
        )
        for trial_id, number, state, start, complete in found
    ]


def _values(session: Session, wanted: ColumnElement[bool]) -> dict[int, list[float]]:
    table = models.TrialValueModel.__table__
    read = models.TrialValueModel.stored_repr_to_value
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for trial_id, objective, value, kind in _rows(
        session, wanted, table, "objective", "value", "value_type"
    ):
        found[trial_id][objective] = read(value, kind)
    return {trial_id: [each[k] for k in sorted(each)] for trial_id, each in found.items()}


def _reported(session: Session, wanted: ColumnElement[bool]) -> dict[int, dict[int, float]]:
    table = models.TrialIntermediateValueModel.__table__
    read = models.TrialIntermediateValueModel.stored_repr_to_intermediate_value
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for trial_id, step, value, kind in _rows(
        session, wanted, table, "step", "intermediate_value", "intermediate_value_type"
    ):
        found[trial_id][step] = read(value, kind)
    return found


def _params(session: Session, wanted: ColumnElement[bool]) -> tuple[Named, Named]:
    """Return parameters and what they were drawn from, in the order in which they were drawn."""
    table = models.TrialParamModel.__table__
    known = cache(json_to_distribution)  # the same few for all trials
    params: Named = defaultdict(dict)
    distributions: Named = defaultdict(dict)
    for trial_id, name, value, text, _ in sorted(
        _rows(session, wanted, table, "param_name", "param_value", "distribution_json", "param_id"),
        key=lambda row: row[-1],
    ):
        distributions[trial_id][name] = known(text)
        params[trial_id][name] = known(text).to_external_repr(value)
    return params, distributions


def _attrs(session: Session, wanted: ColumnElement[bool], table: FromClause) -> Named:
    found: Named = defaultdict(dict)
    for trial_id, key, text in _rows(session, wanted, table, "key", "value_json"):
        found[trial_id][key] = json.loads(text)
    return found


def _rows(
    session: Session, wanted: ColumnElement[bool], table: FromClause, *columns: str
) -> Sequence[Any]:
    """Return the columns of a table that tells of trials, the trial's id in front."""
    told = select(table.c.trial_id, *(table.c[name] for name in columns))
    query = told.join(TRIALS, TRIALS.c.trial_id == table.c.trial_id).where(wanted)
    return session.execute(query).all()


def _local(utc: datetime | None) -> datetime | None:
    """Return a time of the database as Optuna has it: local, and without saying so."""
    return None if utc is None else utc.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)
