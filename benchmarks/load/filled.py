"""Made-up trials in a real study, as `nia-optuna run` would have left them.

A run begins the study. What is added are rows of Optuna's tables, a thousand trials a transaction,
because Optuna writes one value at a time: random configurations of `many.py` with curves of twenty
epochs. Successive halving has pruned a third of them, and one in a hundred has failed.
"""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import TrialState
from sqlalchemy import func, insert, select

from nia_optuna.branches import random_answer
from nia_optuna.parameter import Parameter
from nia_optuna.record import TrialAttr
from nia_optuna.search.distributions import distribution
from nia_optuna.search.sampler import derived_seed
from nia_optuna.space import Space, Value
from nia_optuna.study import Study, check_space
from nia_optuna.training.epoch import Epoch

FILE = Path(__file__).with_name("many.py")
EPOCHS = 20
RUNGS = (3, 9)  # epochs after which trials are pruned
AT_ONCE = 1000
SECONDS = 0.02  # of an epoch
WORKERS = 2
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

TRIALS = models.TrialModel.__table__
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
Rows = dict[type[models.BaseModel], list[dict[str, Any]]]


@dataclass(frozen=True)
class Made:
    """A trial that never was: how it ended, what it drew of all `drawn`, and its epochs."""

    number: int
    state: TrialState
    params: Mapping[str, Value]
    drawn: Mapping[str, Value]
    epochs: Sequence[Epoch]

    @property
    def seconds(self) -> float:
        """How long it trained."""
        return SECONDS * len(self.epochs)


def fill(storage: RDBStorage, study: Study, finished: int) -> None:
    """Add trials to a study of the space of `many.py` until so many are complete or pruned."""
    union = check_space(study)
    study_id = storage.get_study_id_from_name(study.name)
    mine = TRIALS.c.study_id == study_id
    with storage.engine.connect() as connection:
        count = select(func.count()).select_from(TRIALS).where(mine)
        number = connection.execute(count).scalar_one()
        missing = (
            finished - connection.execute(count.where(TRIALS.c.state.in_(FINISHED))).scalar_one()
        )
    while missing > 0:
        trials = [made(study, union, number + k) for k in range(min(missing, AT_ONCE))]
        _add(storage, study_id, union, trials)
        number += len(trials)
        missing -= sum(trial.state in FINISHED for trial in trials)


def made(study: Study, union: Mapping[str, Parameter], number: int) -> Made:
    """Return the trial of that number: always the same."""
    rng = random.Random(number)  # noqa: S311  # no secret is drawn
    drawn = {name: random_answer(rng)(parameter) for name, parameter in union.items()}
    space = Space(lambda parameter: drawn[parameter.name])
    study(space)
    state, trained = TrialState.COMPLETE, EPOCHS
    if number % 100 == 99:  # noqa: PLR2004
        state, trained = TrialState.FAIL, 2
    elif number % 3 == 0:
        state, trained = TrialState.PRUNED, RUNGS[number // 3 % len(RUNGS)]
    epochs = [_epoch(space.values, k, rng) for k in range(1, trained + 1)]
    return Made(number, state, space.values, drawn, epochs)


def _epoch(params: Mapping[str, Value], number: int, rng: random.Random) -> Epoch:
    """Return what an epoch of a configuration might have measured: a hill, and noise."""
    rate = math.log10(next(float(str(v)) for name, v in params.items() if name.endswith(".lr")))
    best, worse = (-1.0, 0.0) if params["optimizer"] == "sgd" else (-2.5, 0.03)
    end = 0.95 - worse - 0.05 * (rate - best) ** 2 - 0.1 * float(str(params["dropout"]))
    learned = 1 - 0.5 * math.exp(-number / 3)
    accuracy = min(1.0, max(0.0, end * learned + rng.gauss(0, 0.01)))
    return Epoch(
        number=number,
        train={"loss": 1.1 * (1 - accuracy), "accuracy": accuracy},
        validation={"loss": 1.2 * (1 - accuracy), "accuracy": accuracy},
        lr=10**rate,
        seconds=SECONDS * rng.uniform(0.9, 1.1),
        first_loss=1.1 * rng.uniform(0.95, 1.05) if number == 1 else None,
        blank_loss=math.log(3) if number == 1 else None,
        last=number == EPOCHS,
    )


def _add(
    storage: RDBStorage, study_id: int, union: Mapping[str, Parameter], trials: Sequence[Made]
) -> None:
    """Write trials, whose numbers are the next ones, in one transaction."""
    texts = {name: distribution_to_json(distribution(p)) for name, p in union.items()}
    with storage.engine.begin() as connection:
        connection.execute(insert(models.TrialModel), [_trial(study_id, trial) for trial in trials])
        told_of = (
            select(TRIALS.c.number, TRIALS.c.trial_id)
            .where(TRIALS.c.study_id == study_id)
            .where(TRIALS.c.number >= trials[0].number)
        )
        ids = {row.number: row.trial_id for row in connection.execute(told_of)}
        rows: Rows = defaultdict(list)
        for trial in trials:
            _tell(rows, ids[trial.number], trial, union, texts)
        for model, told in rows.items():
            connection.execute(insert(model), told)


def _trial(study_id: int, trial: Made) -> dict[str, Any]:
    # Optuna keeps the time in UTC and does not say so; every worker trains one after the other.
    ended = BEGAN + timedelta(seconds=SECONDS * EPOCHS * (trial.number // WORKERS + 1))
    began = ended - timedelta(seconds=trial.seconds)
    return {
        "study_id": study_id,
        "number": trial.number,
        "state": trial.state,
        "datetime_start": began.replace(tzinfo=None),
        "datetime_complete": ended.replace(tzinfo=None),
    }


def _tell(
    rows: Rows,
    trial_id: int,
    trial: Made,
    union: Mapping[str, Parameter],
    texts: Mapping[str, str],
) -> None:
    """Add the rows that tell of a trial."""
    reached = [epoch.metric("accuracy") for epoch in trial.epochs]
    best = max(reached)
    value = {TrialState.COMPLETE: best, TrialState.PRUNED: reached[-1]}.get(trial.state)
    if value is not None:
        kept, kind = models.TrialValueModel.value_to_stored_repr(value)
        rows[models.TrialValueModel].append(
            {"trial_id": trial_id, "objective": 0, "value": kept, "value_type": kind}
        )
    rows[models.TrialParamModel] += [
        {
            "trial_id": trial_id,
            "param_name": name,
            "param_value": distribution(union[name]).to_internal_repr(drawn),
            "distribution_json": texts[name],
        }
        for name, drawn in trial.params.items()
    ]
    reported = models.TrialIntermediateValueModel
    for epoch, accuracy in zip(trial.epochs, reached, strict=True):
        kept_too, its_kind = reported.intermediate_value_to_stored_repr(accuracy)
        rows[reported].append(
            {
                "trial_id": trial_id,
                "step": epoch.number,
                "intermediate_value": kept_too,
                "intermediate_value_type": its_kind,
            }
        )
    rows[models.TrialUserAttributeModel] += [
        {"trial_id": trial_id, "key": str(key), "value_json": json.dumps(told)}
        for key, told in _attributes(trial, reached.index(best) + 1).items()
    ]
    rows[models.TrialSystemAttributeModel] += [
        {
            "trial_id": trial_id,
            "key": f"completed_rung_{rung}",
            "value_json": json.dumps(reached[epoch - 1]),
        }
        for rung, epoch in enumerate(RUNGS)
        if epoch <= len(reached)
    ]


def _attributes(trial: Made, best_epoch: int) -> dict[TrialAttr, object]:
    stopped = {TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}.get(trial.state, "epochs")
    told: dict[TrialAttr, object] = {
        TrialAttr.DRAWN: dict(trial.drawn),
        TrialAttr.SEED: derived_seed(0, trial.number),
        TrialAttr.EPOCHS: EPOCHS,
        TrialAttr.CURVE: [epoch.plain() for epoch in trial.epochs],
        TrialAttr.SECONDS: trial.seconds,
        TrialAttr.STOPPED: stopped,
        TrialAttr.PATH: "cpu, float32: stack of 8",
        TrialAttr.WORKER: trial.number % WORKERS,
    }
    if trial.state == TrialState.COMPLETE:
        told |= {TrialAttr.BEST_EPOCH: best_epoch, TrialAttr.PARAMETERS: 1000}
    if trial.state == TrialState.FAIL:
        told |= {TrialAttr.FAILURE: "the loss is not finite after epoch 2"}
    return told
