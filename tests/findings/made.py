"""Real Optuna studies as a run of nia-optuna would leave them, made without training anything."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import TrialState, create_trial

from nia_optuna.record import StudyAttr, TrialAttr

EPOCHS = 9
DIVERGED = "Diverged: the training loss is not finite in epoch 2"

SPACE: dict[str, BaseDistribution] = {
    "activation": CategoricalDistribution(("relu", "gelu", "silu", "tanh")),
    "adamw.l2": FloatDistribution(1e-5, 1.0, log=True),
    "adamw.lr": FloatDistribution(1e-5, 1e-2, log=True),
    "batch_size": CategoricalDistribution((64, 128, 256, 512)),
    "depth": IntDistribution(2, 4),
    "dropout": FloatDistribution(0.0, 0.5),
    "optimizer": CategoricalDistribution(("sgd", "adamw")),
    "sgd.l2": FloatDistribution(1e-6, 1e-2, log=True),
    "sgd.lr": FloatDistribution(1e-3, 1.0, log=True),
}
DEFAULTS: dict[str, Any] = {
    "activation": "relu",
    "batch_size": 128,
    "depth": 4,
    "dropout": 0.3,
    "optimizer": "sgd",
    "sgd.l2": 5e-4,
    "sgd.lr": 0.1,
}
NOTEBOOK = DEFAULTS | {"activation": "tanh", "sgd.lr": 0.01}

STUDY_ATTRS: dict[str, Any] = {
    StudyAttr.QUESTION: "Which plain CNN learns CIFAR-10 best in nine epochs, and what mattered?",
    StudyAttr.DATASET: {
        "name": "cifar10",
        "fingerprint": "sha256:5f1d0c9a7be24c0c8d7a9b0f6f3f6a55b1c2d3e4f5061728394a5b6c7d8e9f00",
        "shape": [3, 32, 32],
        "classes": ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse"],
        "train": 45000,
        "validation": 5000,
        "test": 10000,
    },
    StudyAttr.METRIC: "accuracy",
    StudyAttr.SETTINGS: {
        "trials": 30,
        "epochs": EPOCHS,
        "timeout": None,
        "patience": None,
        "target": None,
        "finalists": 3,
        "seeds": 3,
        "seed": 0,
        "validation": 0.1,
        "subset": None,
        "augment": [],
        "sampler": "auto",
        "pruner": "halving",
        "baselines": {"notebook": {"activation": "tanh", "sgd.lr": 0.01}},
    },
    StudyAttr.ENVIRONMENT: {
        "python": "3.11.9",
        "torch": "2.10.0",
        "optuna": "5.0.0",
        "nia_optuna": "0.1.0",
        "cpu": "AMD EPYC 7763",
        "cores": 8,
        "device": "cpu",
        "precision": "float32",
        "platform": "Linux x86_64",
    },
    StudyAttr.COMMAND: "nia-optuna run studies/cifar.py:cifar_cnn --workers 4",
    StudyAttr.SOURCE: {
        "file": "studies/cifar.py",
        "study": "cifar_cnn",
        "sha256": "9d5c2eddadb0deff02c14c350c0385aab7b1d5ff1edfeb4997c8dc8644960111",
        "git_commit": "aa08479f00d1e2c3b4a5968778695a4b3c2d1e0f",
    },
    StudyAttr.SESSIONS: [
        {
            "started": "2026-02-03T09:15:00+00:00",
            "wall_seconds": 1512.4,
            "workers": 4,
            "device": "cpu",
            "stage": "search",
        },
        {
            "started": "2026-02-03T09:41:00+00:00",
            "wall_seconds": 402.0,
            "workers": 4,
            "device": "cpu",
            "stage": "confirmation",
        },
    ],
}


@dataclass(frozen=True)
class Training:
    """One simulated training: its epochs' validation accuracies and all that is recorded."""

    curve: list[dict[str, float]]

    @property
    def best(self) -> float:
        return max(epoch["validation_accuracy"] for epoch in self.curve)

    @property
    def seconds(self) -> float:
        return sum(epoch["seconds"] for epoch in self.curve)


def train(params: dict[str, Any], seed: int, epochs: int = EPOCHS) -> Training:
    """Return curves that rise to a height set by the parameters, with a seed's noise."""
    noise = random.Random(f"{sorted(params.items())} {seed}")
    kind = params.get("optimizer", "sgd")
    ideal = {"sgd": 0.12, "adamw": 1.5e-3}[kind]
    off = math.log10(params.get(f"{kind}.lr", ideal) / ideal)
    height = 0.80 - 0.11 * off**2 - 0.05 * (4 - params.get("depth", 4))
    height -= {"relu": 0.03, "gelu": 0.0, "silu": 0.005, "tanh": 0.06}[params["activation"]]
    height -= 0.12 * abs(params.get("dropout", 0.2) - 0.2)
    height = max(0.1, height + noise.gauss(0, 0.006))
    pace = 1.6 + 0.4 * math.log2(params.get("batch_size", 128) / 64)
    curve = []
    for number in range(1, epochs + 1):
        reached = 0.1 + (height - 0.1) * (1 - math.exp(-number / pace))
        accuracy = min(0.99, max(0.0, reached + noise.gauss(0, 0.004)))
        curve.append(
            {
                "number": number,
                "train_loss": 2.4 * (1 - accuracy) - 0.05 * number / epochs,
                "train_accuracy": min(1.0, accuracy + 0.02 * number / epochs),
                "validation_loss": 2.4 * (1 - accuracy),
                "validation_accuracy": accuracy,
                "lr": params.get(f"{kind}.lr", ideal) * (1 + math.cos(math.pi * number / 9)) / 2,
                "seconds": 3.0 + noise.random(),
            }
        )
    return Training(curve)


def draw(rng: random.Random, *, focused: bool) -> dict[str, Any]:
    """Return a configuration; a focused one near the best, as a sampler comes to draw them."""
    kind = rng.choice(("sgd", "adamw"))
    params: dict[str, Any] = {
        "activation": rng.choice(("gelu", "silu") if focused else ("relu", "gelu", "silu", "tanh")),
        "batch_size": rng.choice((64, 128, 256, 512)),
        "depth": rng.randint(4 if focused else 2, 4),
        "dropout": rng.uniform(0, 0.5),
        "optimizer": kind,
    }
    if kind == "sgd":
        lr = rng.uniform(-1.5, -0.5) if focused else rng.uniform(-3, 0)
        return params | {"sgd.lr": 10**lr, "sgd.l2": 10 ** rng.uniform(-6, -2)}
    lr = rng.uniform(-3.2, -2.2) if focused else rng.uniform(-5, -2)
    return params | {"adamw.lr": 10**lr, "adamw.l2": 10 ** rng.uniform(-5, 0)}


def add(
    study: optuna.Study,
    params: dict[str, Any],
    state: TrialState = TrialState.COMPLETE,
    *,
    epochs: int = EPOCHS,
    space: dict[str, BaseDistribution] = SPACE,
    attrs: Mapping[str, Any] | None = None,
) -> None:
    """Append one trial as a run would leave it."""
    number = len(study.get_trials(deepcopy=False))
    seed = 1000 + number
    training = train(DEFAULTS | params, seed, epochs)
    recorded: dict[str, Any] = {TrialAttr.SEED: seed}
    value = None
    if state == TrialState.COMPLETE:
        value = training.best
        recorded[TrialAttr.BEST_EPOCH] = 1 + max(
            range(epochs), key=lambda e: training.curve[e]["validation_accuracy"]
        )
        recorded[TrialAttr.STOPPED] = "epochs"
    if state == TrialState.PRUNED:
        value = training.curve[-1]["validation_accuracy"]
        recorded[TrialAttr.STOPPED] = "pruned"
    if state == TrialState.FAIL:
        recorded[TrialAttr.FAILURE] = DIVERGED
    recorded |= {
        TrialAttr.CURVE: training.curve,
        TrialAttr.SECONDS: training.seconds,
        TrialAttr.PARAMETERS: 250_000 * params.get("depth", 4),
        TrialAttr.WORKER: number % 4,
    }
    study.add_trial(
        create_trial(
            state=state,
            value=value,
            params=params,
            distributions={name: space[name] for name in params},
            user_attrs={str(k): v for k, v in {**recorded, **(attrs or {})}.items()},
            intermediate_values={
                int(e["number"]): e["validation_accuracy"] for e in training.curve
            },
        )
    )


def empty(
    name: str = "cifar_cnn",
    storage: BaseStorage | None = None,
    *,
    direction: Literal["maximize", "minimize"] = "maximize",
    **attrs: object,
) -> optuna.Study:
    """Return a study without trials; `attrs` replace those of STUDY_ATTRS."""
    study = optuna.create_study(
        study_name=name, storage=storage or InMemoryStorage(), direction=direction
    )
    recorded = {str(key): value for key, value in STUDY_ATTRS.items()} | attrs
    recorded["space"] = [_described(name, it) for name, it in SPACE.items()]
    for key, value in (recorded | attrs).items():
        study.set_user_attr(key, value)
    return study


def searched(
    name: str = "cifar_cnn", storage: BaseStorage | None = None, *, trials: int = 30
) -> optuna.Study:
    """Return a study after its search: two baselines, pruned and failed trials, one running."""
    study = empty(name, storage)
    add(study, DEFAULTS, attrs={TrialAttr.BASELINE: "default"})
    add(study, NOTEBOOK, attrs={TrialAttr.BASELINE: "notebook"})
    rng = random.Random(7)
    for number in range(2, trials):
        params = draw(rng, focused=number > 13 and number % 3 > 0)
        reached = train(params, 1000 + number, 3).best
        if number in (9, 21):
            add(study, params, TrialState.FAIL, epochs=1)
        elif reached < 0.52:
            add(study, params, TrialState.PRUNED, epochs=3)
        else:
            add(study, params)
    study.ask()  # one is still running, or its run was killed
    return study


def confirmed(
    name: str = "cifar_cnn",
    storage: BaseStorage | None = None,
    *,
    baselines: tuple[int, ...] = (0,),
) -> optuna.Study:
    """Return a study after its confirmation: three finalists and the baselines, three seeds each.

    Trial 0 is the default, trial 1 the notebook; older studies confirmed the default alone.
    """
    study = searched(name, storage)
    settings = study.user_attrs[StudyAttr.SETTINGS]
    study.set_user_attr(StudyAttr.SETTINGS, settings | {"trials": 28})  # two of the 30 failed
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    order = sorted(complete, key=lambda t: -(t.value or 0))
    finalists = [t.number for t in order if TrialAttr.BASELINE not in t.user_attrs][:3]
    runs = {
        f"{number}/{seed}": _run(study, number, seed)
        for number in [*finalists, *baselines]
        for seed in (501, 502, 503)
    }
    means = {n: sum(r["validation"] for r in runs.values() if r["trial"] == n) for n in finalists}
    chosen = max(means, key=lambda n: means[n])
    for run in runs.values():
        if run["trial"] not in (chosen, *baselines):
            run["test"] = run["test_loss"] = None
    study.set_user_attr(StudyAttr.CONFIRMATION, runs)
    study.set_user_attr(
        StudyAttr.CHOSEN,
        {"trial": chosen, "finalists": finalists, "baselines": list(baselines)},
    )
    return study


def fail(study: optuna.Study, *runs: tuple[int, int]) -> None:
    """Let the confirmation trainings (trial, seed) have failed instead."""
    records = dict(study.user_attrs[StudyAttr.CONFIRMATION])
    for number, seed in runs:
        records[f"{number}/{seed}"] = {
            "trial": number,
            "seed": seed,
            "failure": DIVERGED,
            "validation": None,
        }
    study.set_user_attr(StudyAttr.CONFIRMATION, records)


def _run(study: optuna.Study, number: int, seed: int) -> dict[str, Any]:
    training = train(study.get_trials(deepcopy=False)[number].params, seed)
    return {
        "trial": number,
        "seed": seed,
        "validation": training.best,
        "validation_loss": 2.4 * (1 - training.best),
        "test": training.best - 0.008,
        "test_loss": 2.4 * (1 - training.best) + 0.02,
        "seconds": training.seconds,
        "curve": training.curve,
        "confusion": [],
        "checkpoint": f"checkpoints/cifar_cnn/{number}-{seed}.safetensors",
    }


def _described(name: str, distribution: BaseDistribution) -> dict[str, Any]:
    described: dict[str, Any] = {"name": name, "default": DEFAULTS.get(name), "step": 1}
    if isinstance(distribution, CategoricalDistribution):
        return described | {"kind": "choice", "choices": list(distribution.choices)}
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    kind = "integer" if isinstance(distribution, IntDistribution) else "uniform"
    kind = "log" if distribution.log else kind
    return described | {
        "kind": kind,
        "low": distribution.low,
        "high": distribution.high,
        "log": distribution.log,
    }
