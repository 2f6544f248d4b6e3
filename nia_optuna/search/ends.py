"""How the end of a trial stands in Optuna's tables, which are private."""

from __future__ import annotations

import json
from typing import Any, cast

from optuna.distributions import distribution_to_json
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from nia_optuna.record import TrialAttr
from nia_optuna.search.outbox import attempts

Rows = list[tuple[type[models.BaseModel], dict[str, Any]]]

# What tells the rows of a trial apart, by their table.
KEYS: dict[type[models.BaseModel], str] = {
    models.TrialParamModel: "param_name",
    models.TrialIntermediateValueModel: "step",
    models.TrialUserAttributeModel: "key",
    models.TrialSystemAttributeModel: "key",
    models.TrialValueModel: "objective",
}


def by_table(rows: Rows) -> dict[type[models.BaseModel], list[dict[str, Any]]]:
    """Return rows by their table, those of one in their order."""
    tables: dict[type[models.BaseModel], list[dict[str, Any]]] = {}
    for model, row in rows:
        tables.setdefault(model, []).append(row)
    return tables


def id_of(trial: FrozenTrial) -> int:
    """Return the id of a trial in the database."""
    return trial._trial_id  # noqa: SLF001  # it has no public name


def value_rows(trial: FrozenTrial) -> Rows:
    """Return the value of a trial, which may be infinite, as rows; none where it has none."""
    model, rows = models.TrialValueModel, Rows()
    for objective, told in enumerate(trial.values or ()):
        value, kind = model.value_to_stored_repr(told)
        row = {"objective": objective, "value": value, "value_type": kind}
        rows.append((model, {"trial_id": id_of(trial), **row}))
    return rows


def mark(session: Session, trial: FrozenTrial) -> None:
    """Write the state of a trial that has ended, or waits again."""
    row = session.get_one(models.TrialModel, id_of(trial))
    row.state = trial.state
    if trial.state.is_finished():
        row.datetime_complete = trial.datetime_complete


def is_told(session: Session, end: FrozenTrial) -> bool:
    """Return whether the end of a trial is written: the answer to that may have been lost."""
    trial = session.get_one(models.TrialModel, id_of(end))
    return bool(
        end.state.is_finished()
        and trial.state == end.state
        and trial.datetime_complete == end.datetime_complete
    )


def retell(session: Session, study_id: int, ended: FrozenTrial) -> int | None:
    """Write all of a study's trial as it ended; return its id, None where it is not written.

    It is only where it still runs or waits in the attempt that ended: who began another, or
    finished it, has the last word.
    """
    row, attrs = models.TrialModel, models.TrialUserAttributeModel
    query = select(row).where(row.study_id == study_id, row.number == ended.number)
    trial = session.scalar(query.with_for_update())
    if trial is None or trial.state.is_finished() or trial.datetime_start != ended.datetime_start:
        return None
    trial_id = cast(int, trial.trial_id)
    # One that waits was given up and begun by nobody since, which would be another start.
    given_up = attempts_in(session, trial_id) != attempts(ended.user_attrs)
    if given_up and trial.state == TrialState.RUNNING:
        return None
    if given_up:
        # It was not lost after all; what was lost before it is among what is written.
        told = (attrs.trial_id == trial_id) & (attrs.key == TrialAttr.ATTEMPTS)
        session.execute(delete(attrs).where(told))
    ended._trial_id = trial_id  # noqa: SLF001
    for model, rows in by_table(_rows(ended)).items():
        # What another program has said of the trial meanwhile stays.
        key = getattr(model, KEYS[model])
        same = key.in_([each[KEYS[model]] for each in rows])
        session.execute(delete(model).where(model.trial_id == trial_id, same))
        session.execute(insert(model), rows)
    mark(session, ended)
    return trial_id


def attempts_in(session: Session, trial_id: int) -> int:
    """Return how many attempts a trial is in by the database."""
    attrs = models.TrialUserAttributeModel
    query = select(attrs.value_json).where(attrs.trial_id == trial_id)
    told = session.scalar(query.where(attrs.key == TrialAttr.ATTEMPTS))
    return attempts({} if told is None else {TrialAttr.ATTEMPTS: json.loads(told)})


def _rows(trial: FrozenTrial) -> Rows:
    mine, rows = {"trial_id": id_of(trial)}, Rows()
    for name, distribution in trial.distributions.items():
        param = {
            "param_name": name,
            "param_value": distribution.to_internal_repr(trial.params[name]),
            "distribution_json": distribution_to_json(distribution),
        }
        rows.append((models.TrialParamModel, mine | param))
    model = models.TrialIntermediateValueModel
    for step, measured in trial.intermediate_values.items():
        value, kind = model.intermediate_value_to_stored_repr(measured)
        epoch = {"step": step, "intermediate_value": value, "intermediate_value_type": kind}
        rows.append((model, mine | epoch))
    for table, attrs in (
        (models.TrialUserAttributeModel, trial.user_attrs),
        (models.TrialSystemAttributeModel, trial.system_attrs),
    ):
        for key, told in attrs.items():
            rows.append((table, mine | {"key": str(key), "value_json": json.dumps(told)}))
    return rows + value_rows(trial)
