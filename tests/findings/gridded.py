"""A grid as a run would leave it: 27 cells of three parameters, in the order they were tried."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState, create_trial

from nia_optuna.record import StudyAttr, TrialAttr

VALUES: dict[str, list[Any]] = {
    "lr": [10.0, 1.0, 0.01],
    "width": [25, 50, 100],
    "batch": ["full", "one", "mini"],
}
EPOCHS = 20


def curve_of(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how accuracy rises: fast for one and mini, slowly for the full gradient."""
    noise = random.Random(str(sorted(params.items())))
    effective = math.log10(params["lr"]) + {"full": -2.0, "one": 2.0, "mini": 0.5}[params["batch"]]
    height = 0.97 - 0.02 * max(0, effective - 1) ** 2 + 0.004 * math.log2(params["width"] / 25)
    pace = 1.5 * 10 ** max(0.0, -0.6 * effective)
    return [
        {
            "number": number,
            "validation_accuracy": min(
                1.0,
                max(0.1, 0.1 + (height - 0.1) * (1 - math.exp(-number / pace)))
                + noise.uniform(-0.004, 0.004),
            ),
            "validation_loss": 0.3,
            "seconds": 1.0,
        }
        for number in range(1, EPOCHS + 1)
    ]


def grid(values: dict[str, list[Any]] | None = None, *, sampler: str = "grid") -> optuna.Study:
    """Return the study; the cell of the largest rate and one sample diverged for width 100."""
    values = values or VALUES
    study = optuna.create_study(study_name="grid", storage=InMemoryStorage(), direction="maximize")
    space: dict[str, BaseDistribution] = {n: CategoricalDistribution(v) for n, v in values.items()}
    cells = [dict(zip(values, cell, strict=True)) for cell in itertools.product(*values.values())]
    for name, value in {
        StudyAttr.QUESTION: "How do learning rate, width and kind of descent play together?",
        StudyAttr.TASK: "classification",
        StudyAttr.LOSS: "cross_entropy",
        StudyAttr.METRIC: "accuracy",
        StudyAttr.DATASET: {"name": "mnist", "shape": [1, 28, 28], "classes": list("0123456789")},
        StudyAttr.SETTINGS: {"trials": len(cells), "epochs": EPOCHS, "sampler": sampler},
        StudyAttr.SPACE: [
            {"name": n, "kind": "choice", "default": v[0], "choices": v} for n, v in values.items()
        ],
    }.items():
        study.set_user_attr(name, value)
    order = list(range(len(cells)))
    random.Random(1).shuffle(order)
    for number in [0, *(n for n in order if n)]:
        params = cells[number]
        lost = params | {"lr": 10.0, "width": 100, "batch": "one"} == params
        curve = curve_of({"lr": 1.0, "width": 25, "batch": "mini"} | params)[: 1 if lost else None]
        attrs: dict[str, Any] = {
            TrialAttr.CELL: number,
            TrialAttr.CURVE: curve,
            TrialAttr.SECONDS: float(len(curve)),
        }
        if number == 0:
            attrs[TrialAttr.BASELINE] = "default"
        if lost:
            attrs[TrialAttr.FAILURE] = "diverged: train loss was nan in epoch 2"
        study.add_trial(
            create_trial(
                state=TrialState.FAIL if lost else TrialState.COMPLETE,
                value=None if lost else max(e["validation_accuracy"] for e in curve),
                params=params,
                distributions=space,
                user_attrs={str(key): value for key, value in attrs.items()},
            )
        )
    return study
