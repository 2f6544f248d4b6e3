"""The storage as the one process sees it that writes to a study.

Optuna commits every single value. Who has claimed a study knows what is in it: its trials are in
memory, and what `together` spans is written in one transaction.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    check_distribution_compatibility,
    distribution_to_json,
)
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage

# Optuna writes one value a transaction; many at once are rows of its tables, which are private.
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from nia_optuna.search.ends import Rows, by_table, mark, retell, value_rows
from nia_optuna.search.known_trials import KnownTrials
from nia_optuna.search.lone import Lone
from nia_optuna.search.outbox import Outbox
from nia_optuna.search.runs import RunsError


class OvertakenError(RuntimeError):
    """Another coordinator has taken over what this one was about to write: said in one line."""


class SoleWriter(Lone, KnownTrials):
    """Optuna's storage in a database, for the process that holds the claim on a study in it.

    A value is in the database when the call that sets it returns, or when the `together` around
    that ends; a trial's state never comes before its values. A trial that ends is in `outbox`
    until the database has it. Threads may share it. Raises StorageInternalError where the database
    refuses a write.
    """

    def __init__(self, database: RDBStorage, outbox: Outbox | None = None) -> None:
        super().__init__(database)
        self._outbox = outbox
        self._mine = threading.local()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write what this thread sets within at the end of the outermost, in one transaction."""
        if getattr(self._mine, "rows", None) is not None:
            yield
            return
        self._mine.rows = []
        try:
            yield
        finally:
            rows, self._mine.rows = self._mine.rows, None
            if rows:
                self._insert(rows)

    def claim(self, study_id: int, count: int, room: Callable[[], int]) -> Iterable[int]:  # noqa: ARG002
        """Begin `count` trials, one by one as they are asked for and waiting ones first.

        Yields their ids. `room`, how many may be begun, is for those who share a study.
        """
        for _ in range(count):
            waiting = self.get_all_trials(study_id, deepcopy=False, states=(TrialState.WAITING,))
            if waiting:
                trial_id = waiting[0]._trial_id  # noqa: SLF001  # it has no public name
                self.set_trial_state_values(trial_id, TrialState.RUNNING)
                yield trial_id
            else:
                yield self.create_new_trial(study_id)

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Make a trial; return its id."""
        with self._lock:
            trials = self._trials(study_id)
            trial_id = self._database.create_new_trial(study_id, template_trial)
            trials[trial_id] = (
                self._database.get_trial(trial_id)
                if template_trial
                else self._read(trial_id, _new())
            )
            self._study_of[trial_id] = study_id
            return trial_id

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        """Set a parameter once, in Optuna's internal representation."""
        row = {
            "trial_id": trial_id,
            "param_name": param_name,
            "param_value": param_value_internal,
            "distribution_json": distribution_to_json(distribution),
        }
        with self._lock:
            known = self._distributions.setdefault(
                (self._study_of[trial_id], param_name), distribution
            )
            check_distribution_compatibility(known, distribution)
            value = distribution.to_external_repr(param_value_internal)
            self._put(trial_id, "distributions", param_name, distribution)
            self._put(trial_id, "params", param_name, value)
        self._write(models.TrialParamModel, row)

    def set_trial_intermediate_value(
        self, trial_id: int, step: int, intermediate_value: float
    ) -> None:
        """Set what was measured at a step."""
        model = models.TrialIntermediateValueModel
        value, kind = model.intermediate_value_to_stored_repr(intermediate_value)
        row = {
            "trial_id": trial_id,
            "step": step,
            "intermediate_value": value,
            "intermediate_value_type": kind,
        }
        if self._put(trial_id, "intermediate_values", step, intermediate_value):
            self._write(model, row)
        else:
            again = self._database.set_trial_intermediate_value
            self._rewrite(model, row, again, trial_id, step, intermediate_value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:  # noqa: ANN401
        """Set a user attribute, any JSON."""
        model, text = models.TrialUserAttributeModel, json.dumps(value)
        row = {"trial_id": trial_id, "key": key, "value_json": text}
        if self._put(trial_id, "user_attrs", key, json.loads(text)):
            self._write(model, row)
        else:
            again = self._database.set_trial_user_attr
            self._rewrite(model, row, again, trial_id, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:  # noqa: ANN401
        """Set a system attribute, any JSON."""
        model, text = models.TrialSystemAttributeModel, json.dumps(value)
        row = {"trial_id": trial_id, "key": key, "value_json": text}
        if self._put(trial_id, "system_attrs", key, json.loads(text)):
            self._write(model, row)
        else:
            again = self._database.set_trial_system_attr
            self._rewrite(model, row, again, trial_id, key, value)

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Set state and value; return whether a waiting trial could be had."""
        with self._lock:
            trials = self._trials(self._study_of[trial_id])
            self.check_trial_is_updatable(trial_id, trials[trial_id].state)
            if state == TrialState.RUNNING:
                if not self._begin(trial_id):
                    return False
                trial = self._read(trial_id, trials[trial_id])
                trial.state = state
            else:
                trial = copy.copy(trials[trial_id])
                trial.state = state
                trial.values = trial.values if values is None else list(values)
                if state.is_finished():
                    trial.datetime_complete = datetime.now()  # noqa: DTZ005  # as Optuna does
                    self._keep(trial)
                self._end(trial)
            trials[trial_id] = trial
            return True

    def retell(self, study_id: int) -> int:
        """Write the ends that another process left in the outbox; return how many were news.

        Whatever was told already, or was begun again since, is dropped.
        """
        told = 0
        self.get_all_trials(study_id, deepcopy=False)  # what is told is put into the memory
        for ended in self._outbox.waiting() if self._outbox else ():
            # The database is asked, not the memory: another coordinator may have begun it since.
            told += self._retell(study_id, ended)
            self._drop(ended)
        return told

    def _write(self, model: type[models.BaseModel], row: dict[str, Any]) -> None:
        rows: Rows | None = getattr(self._mine, "rows", None)
        if rows is None:
            self._insert([(model, row)])
        else:
            rows.append((model, row))

    def _rewrite(
        self,
        model: type[models.BaseModel],  # noqa: ARG002  # what a SharedWriter needs
        row: dict[str, Any],  # noqa: ARG002
        again: Callable[..., None],
        *what: object,
    ) -> None:
        self._flush()  # the value may be among the rows
        again(*what)

    def _begin(self, trial_id: int) -> bool:
        self._flush()
        return self._database.set_trial_state_values(trial_id, TrialState.RUNNING)

    def _end(self, trial: FrozenTrial) -> None:
        """Write the end of a trial, or that it waits again, behind what else there is to write."""
        self._insert(self._taken(), trial)
        self._drop(trial)

    def _retell(self, study_id: int, ended: FrozenTrial) -> bool:
        with self._lock, Session(self._database.engine) as session, session.begin():
            trial_id = retell(session, study_id, ended)
        if trial_id is not None:
            self._know(study_id, [self._database.get_trial(trial_id)])
        return trial_id is not None

    def _keep(self, trial: FrozenTrial) -> None:
        # What the disk refuses the database is refused, too, and says.
        with suppress(OSError, RunsError):
            if self._outbox:
                self._outbox.put(trial)

    def _drop(self, trial: FrozenTrial) -> None:
        # One that waits again may do so because its end could not be written.
        if self._outbox and trial.state.is_finished():
            self._outbox.drop(trial)

    def _flush(self) -> None:
        if rows := self._taken():
            self._insert(rows)

    def _taken(self) -> Rows:
        """Return the rows that this thread was to write at the end, and forget them."""
        rows: Rows = getattr(self._mine, "rows", None) or []
        if rows:
            self._mine.rows = []
        return rows

    def _insert(self, rows: Rows, end: FrozenTrial | None = None) -> None:
        """Write rows in one transaction, those of a table in their order, then a trial's end."""
        rows = rows + value_rows(end) if end else rows
        try:
            with Session(self._database.engine) as session, session.begin():
                for model, mine in by_table(rows).items():
                    session.connection().execute(insert(model), mine)
                if end:
                    mark(session, end)
        except SQLAlchemyError as error:
            raise StorageInternalError(f"the database refused a write: {error}") from error


def _new() -> FrozenTrial:
    return FrozenTrial(
        number=0,
        trial_id=0,
        state=TrialState.RUNNING,
        value=None,
        datetime_start=None,
        datetime_complete=None,
        params={},
        distributions={},
        user_attrs={},
        system_attrs={},
        intermediate_values={},
    )
