"""Studies whose confirmed networks answered on a test part: real classifiers, of scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.storages import BaseStorage
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import confusion_matrix

from nia_optuna.predictions import predictions, to_bytes
from nia_optuna.record import StudyAttr
from tests.findings import made

SEEDS = (501, 502, 503)
Artifacts = dict[str, bytes]


def digits(storage: BaseStorage | None = None) -> tuple[optuna.Study, Artifacts]:
    """Return a study on handwritten digits and its artifacts by id.

    The kept network is the one of the second seed.
    """
    pictures, targets = load_digits(return_X_y=True)
    inputs = (pictures * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8)
    study, artifacts = made.confirmed(storage=storage), Artifacts()
    records = dict(study.user_attrs[StudyAttr.CONFIRMATION])
    for place, (trial, seed) in enumerate(_scored(study)):
        some = np.random.default_rng(seed).permutation(897)[: 800 if trial else 80]
        fitted = LogisticRegression(max_iter=200).fit(pictures[some], targets[some])
        outputs = fitted.predict_proba(pictures[897:]).astype(np.float32)
        true = targets[897:]
        name = str(UUID(int=place))
        artifacts[name] = to_bytes(predictions(outputs, true, inputs[897:]))
        records[f"{trial}/{seed}"] |= {
            "test": float((outputs.argmax(1) == true).mean()),
            "losses": losses(outputs, true),
            "confusion": confusion_matrix(true, outputs.argmax(1)).tolist(),
            "predictions": name,
        }
    _write(study, records, classes=list("0123456789"), shape=[1, 8, 8], test=900)
    return study, artifacts


def diabetes() -> tuple[optuna.Study, Artifacts]:
    """Return a regression study and its artifacts by id."""
    rows, targets = load_diabetes(return_X_y=True)
    study, artifacts = made.confirmed(), Artifacts()
    records = dict(study.user_attrs[StudyAttr.CONFIRMATION])
    for place, (trial, seed) in enumerate(_scored(study)):
        some = np.random.default_rng(seed).permutation(300)[: 250 if trial else 25]
        fitted = Ridge(alpha=0.1).fit(rows[some], targets[some])
        outputs = fitted.predict(rows[300:]).astype(np.float32)
        true = targets[300:].astype(np.float32)
        name = str(UUID(int=place))
        artifacts[name] = to_bytes(predictions(outputs, true, rows[300:].astype(np.float32)))
        error = outputs - true
        records[f"{trial}/{seed}"] |= {
            "losses": {"squared": float((error**2).mean()), "absolute": float(abs(error).mean())},
            "predictions": name,
        }
    _write(study, records, classes=[], shape=[10], test=len(targets) - 300)
    study.set_user_attr(StudyAttr.TASK, "regression")
    return study, artifacts


def losses(outputs: NDArray[np.float32], true: NDArray[np.int64]) -> dict[str, float]:
    """Return the mean of every loss of probabilities (n, classes), term by term."""
    one_hot = np.eye(outputs.shape[1])[true]
    right = (outputs * one_hot).sum(1)
    return {
        "0-1": float((outputs.argmax(1) != true).mean()),
        "squared": float(((outputs - one_hot) ** 2).sum(1).mean()),
        "absolute": float(abs(outputs - one_hot).sum(1).mean()),
        "hinge": float((1 - right + (outputs - 2 * one_hot).max(1)).mean()),
        "cross-entropy": float(-np.log(right).mean()),
    }


def replace(study: optuna.Study, **facts: object) -> None:
    """Replace facts of every scored training."""
    records = dict(study.user_attrs[StudyAttr.CONFIRMATION])
    for trial, seed in _scored(study):
        records[f"{trial}/{seed}"] = records[f"{trial}/{seed}"] | facts
    study.set_user_attr(StudyAttr.CONFIRMATION, records)


def _scored(study: optuna.Study) -> Iterator[tuple[int, int]]:
    chosen = study.user_attrs[StudyAttr.CHOSEN]["trial"]
    yield from ((trial, seed) for trial in (chosen, 0) for seed in SEEDS)


def _write(study: optuna.Study, records: dict[str, Any], **dataset: object) -> None:
    for record in records.values():
        record["checkpoint"] = f"{record['trial']}-{record['seed']}.safetensors"
    chosen = study.user_attrs[StudyAttr.CHOSEN]
    study.set_user_attr(StudyAttr.CONFIRMATION, records)
    study.set_user_attr(
        StudyAttr.CHOSEN, chosen | {"checkpoint": f"{chosen['trial']}-{SEEDS[1]}.safetensors"}
    )
    study.set_user_attr(StudyAttr.DATASET, study.user_attrs[StudyAttr.DATASET] | dataset)
