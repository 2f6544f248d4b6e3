"""Trials as facts with times, made without a storage: thousands of them take no time."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import datetime, timedelta

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial

from nia_optuna.findings.facts import (
    EpochFacts,
    ParameterFacts,
    RangeFacts,
    State,
    StudyFacts,
    TrialFacts,
    Value,
)
from nia_optuna.findings.read import read
from tests.findings import made

BEGUN = datetime(2026, 2, 3, 9, 15)  # noqa: DTZ001  # as Optuna stores it
SPACE = (
    ParameterFacts("lr", 0.01, "", between=RangeFacts(1e-4, 1.0, log=True)),
    ParameterFacts("dropout", 0.2, "", between=RangeFacts(0.0, 0.5, log=False)),
    ParameterFacts("depth", 2, "", between=RangeFacts(1, 4, log=False)),
    ParameterFacts("activation", "relu", "", choices=("relu", "gelu", "tanh")),
    ParameterFacts("momentum", 0.9, "", between=RangeFacts(0.0, 0.99, log=False)),
)


def trial(
    number: int,
    start: float,
    end: float,
    *,
    value: float | None = None,
    worker: int | None = 0,
    state: State = "complete",
    asked: float | None = None,
    epochs: int = 3,
) -> TrialFacts:
    """Return a trial that trained from `start` to `end`, in seconds from BEGUN."""
    return TrialFacts(
        number=number,
        state=state,
        value=value,
        seconds=end - start,
        asked=BEGUN + timedelta(seconds=start if asked is None else asked),
        told=BEGUN + timedelta(seconds=end),
        worker=worker,
        curve=tuple(EpochFacts(k, metric=value) for k in range(1, epochs + 1)),
    )


def study(*trials: TrialFacts) -> StudyFacts:
    """Return a study of accuracy that holds those trials."""
    return replace(read(made.empty()), trials=trials, space=SPACE)


def accuracy(params: dict[str, Value], noise: float) -> float:
    """Return what the parameters reach: the rate matters most, then dropout."""
    rate, dropout = params["lr"], params["dropout"]
    assert isinstance(rate, float)
    assert isinstance(dropout, float)
    off = math.log10(rate) + 2
    return min(0.99, max(0.1, 0.9 - 0.1 * off**2 - 0.8 * (dropout - 0.2) ** 2 + noise))


def searched(trials: int, workers: int = 4) -> StudyFacts:
    """Return a study of so many trials, a third of them pruned, some failed."""
    rng = random.Random(5)
    found = []
    for number in range(trials):
        params: dict[str, Value] = {
            "lr": 10 ** rng.uniform(-4, 0),
            "dropout": rng.uniform(0, 0.5),
            "depth": rng.randint(1, 4),
            "activation": rng.choice(("relu", "gelu", "tanh")),
        }
        if params["activation"] == "tanh":
            params["momentum"] = rng.uniform(0, 0.99)
        state: State = "pruned" if number % 3 == 1 else "failed" if number % 50 == 2 else "complete"
        reached = accuracy(params, rng.gauss(0, 0.01)) if state != "failed" else None
        start = 60.0 * (number // workers)
        ended = trial(number, start, start + 55, value=reached, worker=number % workers)
        baseline = "default" if number == 0 else None
        found.append(replace(ended, state=state, params=params, baseline=baseline))
    return study(*found)


def stored(facts: StudyFacts) -> optuna.Study:
    """Return a study of plain Optuna that holds those trials; pruned ones ended at epoch 1."""
    drawn: dict[str, BaseDistribution] = {
        "lr": FloatDistribution(1e-4, 1.0, log=True),
        "dropout": FloatDistribution(0.0, 0.5),
        "depth": IntDistribution(1, 4),
        "activation": CategoricalDistribution(("relu", "gelu", "tanh")),
        "momentum": FloatDistribution(0.0, 0.99),
    }
    states = {
        "complete": TrialState.COMPLETE,
        "pruned": TrialState.PRUNED,
        "failed": TrialState.FAIL,
    }
    study = optuna.create_study(direction=facts.direction)
    study.add_trials(
        create_trial(
            state=states[each.state],
            value=each.value,
            params=dict(each.configuration),
            distributions={name: drawn[name] for name in each.configuration},
            intermediate_values={1: each.value} if each.value is not None else {},
        )
        for each in facts.trials
    )
    return study
