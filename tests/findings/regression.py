"""A study of numbers as a run would leave it: repeated seeds, and baselines outside the space."""

from __future__ import annotations

import math
import random
from statistics import fmean
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState, create_trial

from nia_optuna.record import StudyAttr, TrialAttr

SPACE: dict[str, BaseDistribution] = {
    "batch_size": CategoricalDistribution((2, 4, 8, 16, 32)),
    "lr": FloatDistribution(1e-4, 1e-1, log=True),
    "width": CategoricalDistribution((16, 32, 64)),
}
DEFAULTS: dict[str, Any] = {"batch_size": 16, "lr": 0.01, "width": 16}
BY_HAND = "Recipe(model=MLP(widths=(16, 8)), optimizer=Adam(lr=0.02), batch_size=256, epochs=17)"
EPOCHS = 30
REPEATS = 10
BLANK = 592.0


def train(params: dict[str, Any], seed: int, epochs: int = EPOCHS) -> list[dict[str, Any]]:
    """Return the epochs of one training: errors fall from 600 to what the parameters allow."""
    noise = random.Random(f"{sorted(params.items())} {seed}")
    floor = 11 + 9 * math.log10(params["lr"] / 0.01) ** 2 + 0.02 * params["batch_size"]
    floor += noise.gauss(0, 1.2) - {16: 0, 32: 1, 64: 2}[params["width"]]
    pace = 1.2 + 0.03 * params["batch_size"]
    curve = []
    for number in range(1, epochs + 1):
        mse = floor + 580 * math.exp(-number / pace) + abs(noise.gauss(0, 0.7))
        train_mse = 0.8 * floor - 0.12 * number + 560 * math.exp(-number / pace)
        curve.append(
            {
                "number": number,
                "train_loss": train_mse,
                "train_mse": train_mse,
                "train_mae": 0.66 * math.sqrt(max(train_mse, 1)),
                "validation_loss": mse,
                "validation_mse": mse,
                "validation_mae": 0.68 * math.sqrt(mse),
                "lr": params["lr"],
                "seconds": 0.05,
                "first_loss": BLANK * (1 + noise.gauss(0, 0.02)) if number == 1 else mse,
                "blank_loss": BLANK,
            }
        )
    return curve


def add(
    study: optuna.Study,
    params: dict[str, Any],
    *,
    epochs: int = EPOCHS,
    recipe: str | None = None,
    attrs: dict[str, Any] | None = None,
    repeats: int = REPEATS,
) -> None:
    """Append one complete trial; one with a `recipe` lies outside the space."""
    number = len(study.get_trials(deepcopy=False))
    first, *others = [train(params, 100 * number + k, epochs) for k in range(repeats)]
    reached = [min(e["validation_mse"] for e in curve) for curve in (first, *others)]
    recorded: dict[str, Any] = {
        TrialAttr.SEED: 100 * number,
        TrialAttr.CURVE: first,
        TrialAttr.SECONDS: 0.05 * epochs * repeats,
        TrialAttr.PARAMETERS: 17 * params["width"] + 161,
        TrialAttr.BEST_EPOCH: epochs,
        TrialAttr.STOPPED: "epochs",
        TrialAttr.EPOCHS: epochs,
        TrialAttr.REPEATS: [
            {
                "seed": 100 * number + k,
                "value": value,
                "best_epoch": epochs,
                "stopped": "epochs",
                "seconds": 0.05 * epochs,
                "values": [e["validation_mse"] for e in curve],
            }
            for k, (curve, value) in enumerate(zip(others, reached[1:], strict=True), start=1)
        ],
    }
    if recipe is not None:
        recorded[TrialAttr.RECIPE] = recipe
    used = params if recipe is None else {}
    study.add_trial(
        create_trial(
            state=TrialState.COMPLETE,
            value=fmean(reached),
            params=used,
            distributions={name: SPACE[name] for name in used},
            user_attrs={str(k): v for k, v in {**recorded, **(attrs or {})}.items()},
        )
    )


def searched(trials: int = 20, *, repeats: int = REPEATS) -> optuna.Study:
    """Return a study after its search: the defaults, one baseline outside, then draws."""
    study = optuna.create_study(study_name="boston", storage=InMemoryStorage())
    for name, value in {
        StudyAttr.QUESTION: "Which batch size and learning rate suit thirteen numbers best?",
        StudyAttr.TASK: "regression",
        StudyAttr.LOSS: "squared",
        StudyAttr.METRIC: "mse",
        StudyAttr.DATASET: {
            "name": "boston_housing",
            "shape": [13],
            "train": 323,
            "validation": 81,
            "test": 102,
        },
        StudyAttr.SETTINGS: {"trials": trials, "epochs": EPOCHS, "seed": 0, "repeats": repeats},
        StudyAttr.SPACE: [
            {"name": "batch_size", "kind": "choice", "default": 16, "choices": [2, 4, 8, 16, 32]},
            {"name": "lr", "kind": "log", "default": 0.01, "low": 1e-4, "high": 1e-1, "log": True},
            {"name": "width", "kind": "choice", "default": 16, "choices": [16, 32, 64]},
        ],
    }.items():
        study.set_user_attr(name, value)
    add(study, DEFAULTS, attrs={TrialAttr.BASELINE: "default"}, repeats=repeats)
    add(
        study,
        {"batch_size": 256, "lr": 0.02, "width": 16},
        epochs=17,
        recipe=BY_HAND,
        attrs={TrialAttr.BASELINE: "by hand"},
        repeats=repeats,
    )
    rng = random.Random(3)
    for _ in range(2, trials):
        params = {
            "batch_size": rng.choice((2, 4, 8, 16, 32)),
            "lr": 10 ** rng.uniform(-2.8, -1),
            "width": rng.choice((16, 32, 64)),
        }
        add(study, params, repeats=repeats)
    return study


def confirmed(seeds: int = 10) -> optuna.Study:
    """Return a study after its confirmation: two finalists and both baselines."""
    study = searched()
    trials = study.get_trials(deepcopy=False)
    order = sorted(trials[2:], key=lambda t: t.value or 0)
    chosen, second = order[0].number, order[1].number
    runs = {}
    for number in (chosen, second, 0, 1):
        params = trials[number].params or {"batch_size": 256, "lr": 0.02, "width": 16}
        for seed in range(9000, 9000 + seeds):
            curve = train(params, seed, 17 if number == 1 else EPOCHS)
            best = min(e["validation_mse"] for e in curve)
            runs[f"{number}/{seed}"] = {
                "trial": number,
                "seed": seed,
                "validation": best,
                "test": None if number == second else 1.4 * best + 2,
                "seconds": 1.5,
                "curve": curve,
            }
    study.set_user_attr(StudyAttr.CONFIRMATION, runs)
    study.set_user_attr(
        StudyAttr.CHOSEN, {"trial": chosen, "finalists": [chosen, second], "baselines": [0, 1]}
    )
    return study
