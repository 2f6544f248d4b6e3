"""Trials as they stand in a storage, looked at without changing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from nia_optuna.record import TrialAttr
from nia_optuna.search.address import sqlite_file


@dataclass(frozen=True)
class Sight:
    """A trial at one moment. `state` is the name of Optuna's, `ended` when it came to that.

    `curve` has what was told of its epochs when it ended, `steps` the epochs that were reported
    on the way.
    """

    number: int
    state: str
    value: float | None
    params: Mapping[str, Any]
    curve: tuple[Mapping[str, Any], ...]
    steps: tuple[int, ...]
    attempts: int
    failure: str
    ended: str

    @classmethod
    def of(cls, trial: FrozenTrial) -> Sight:
        """Return what is to be seen of a trial of Optuna's."""
        attrs = trial.user_attrs
        return cls(
            number=trial.number,
            state=trial.state.name,
            value=trial.values[0] if trial.values else None,
            params=dict(trial.params),
            curve=tuple(attrs.get(TrialAttr.CURVE, ())),
            steps=tuple(sorted(trial.intermediate_values)),
            attempts=attrs.get(TrialAttr.ATTEMPTS, 1),
            failure=attrs.get(TrialAttr.FAILURE, ""),
            ended=str(trial.datetime_complete or ""),
        )


def look(url: str, study: str) -> dict[int, Sight] | None:
    """Return the trials of a study by number, None where they cannot be read at the moment.

    That is before the study is made, and while a commit stands that a killed process has not
    finished: this connection may not take it back.
    """
    try:
        storage = _read_only(url)
        try:
            # Straight from the database: Optuna's own study remembers what it has once seen.
            study_id = storage.get_study_id_from_name(study)
            trials = storage.get_all_trials(study_id, deepcopy=False)
        finally:
            storage.remove_session()
            storage.engine.dispose()
    except (KeyError, SQLAlchemyError, StorageInternalError):
        return None
    return {trial.number: Sight.of(trial) for trial in trials}


def _read_only(url: str) -> RDBStorage:
    file = sqlite_file(url)
    arguments: dict[str, Any] = {"poolclass": NullPool}
    if file is None:
        arguments["connect_args"] = {"options": "-c default_transaction_read_only=on"}
    else:
        url = f"sqlite:///{Path(file).resolve().as_uri()}?mode=ro&uri=true"
    return RDBStorage(
        url, engine_kwargs=arguments, skip_compatibility_check=True, skip_table_creation=True
    )
