"""Which single changes carried the gain, where the truth is known."""

import math
import random
from collections.abc import Callable
from typing import Any, Literal

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState, create_trial

from nia_optuna.findings.ablation import CANNOT_TELL, Ablation, ablation, changes
from nia_optuna.findings.read import read
from nia_optuna.findings.region import region
from nia_optuna.findings.usable import usable
from nia_optuna.record import TrialAttr
from tests.findings import made, regression

SPACE: dict[str, BaseDistribution] = {
    "kind": CategoricalDistribution(("a", "b", "c")),
    "size": FloatDistribution(1, 100, log=True),
    "idle": FloatDistribution(0, 1),
    "extra": FloatDistribution(0, 1),
}


def truth(params: dict[str, Any]) -> float:
    return {"a": 0.0, "b": 3.0, "c": -1.0}[params["kind"]] + 0.5 * math.log10(params["size"])


def searched(
    value: Callable[[dict[str, Any], random.Random], float],
    *,
    trials: int = 60,
    direction: Literal["maximize", "minimize"] = "maximize",
) -> optuna.Study:
    """Return a study whose defaults are {kind a, size 1}; `extra` comes with kind b alone."""
    study = optuna.create_study(direction=direction, storage=InMemoryStorage())
    rng = random.Random(2)
    for number in range(trials):
        params: dict[str, Any] = {"kind": "a", "size": 1.0, "idle": 0.5}
        if number:
            kind = rng.choice("abc")
            params = {"kind": kind, "size": 10 ** rng.uniform(0, 2), "idle": rng.random()}
            params |= {"extra": rng.random()} if kind == "b" else {}
        study.add_trial(
            create_trial(
                value=value(params, rng),
                params=params,
                distributions={name: SPACE[name] for name in params},
                user_attrs={} if number else {str(TrialAttr.BASELINE): "default"},
            )
        )
    return study


def path(study: optuna.Study) -> Ablation:
    found = ablation(read(study), usable(study))
    assert found is not None
    return found


def noisy(params: dict[str, Any], rng: random.Random) -> float:
    return truth(params) + rng.gauss(0, 0.1)


def test_the_change_that_carried_the_gain_comes_first_with_an_interval_clear_of_0() -> None:
    found = path(searched(noisy))
    assert found.missing == ""
    first = found.steps[0]
    assert first.names == ("kind", "extra")
    assert first.shown
    assert first.gain == pytest.approx(3.0, abs=0.8)
    idle = next(step for step in found.steps if step.names == ("idle",))
    assert idle.ci95[0] < 0 < idle.ci95[1]
    assert found.surrogate is not None
    assert found.surrogate.explained > 0.8


def test_steps_and_rest_lead_from_what_one_reached_to_what_the_other_did() -> None:
    for study in (searched(noisy), made.confirmed(), regression.confirmed()):
        found, facts = path(study), read(study)
        whole = sum(step.gain for step in found.steps) + found.rest
        assert whole == pytest.approx(facts.gain(found.end, found.start))
    assert found.measured == "fresh seeds"
    assert (found.start, found.end) == pytest.approx((11.2048, 8.7937), abs=1e-3)


def test_where_less_is_better_the_same_steps_are_found() -> None:
    up = path(searched(noisy))
    down = path(searched(lambda p, rng: -noisy(p, rng), direction="minimize"))
    assert [step.names for step in down.steps] == [step.names for step in up.steps]
    assert [s.gain for s in down.steps] == pytest.approx([s.gain for s in up.steps])


def test_a_surrogate_that_predicts_no_better_than_chance_is_refused() -> None:
    def luck(params: dict[str, Any], rng: random.Random) -> float:
        return 0.0 if params["idle"] == 0.5 else rng.gauss(0, 1)

    found = path(searched(luck))
    assert found.missing == CANNOT_TELL
    assert found.steps == ()
    assert found.surrogate is not None
    assert not found.surrogate.better_than_chance


def test_a_few_values_of_any_size_do_not_rule_the_surrogate() -> None:
    def diverging(params: dict[str, Any], rng: random.Random) -> float:
        return -1e30 if rng.random() < 0.05 else noisy(params, rng)

    found = path(searched(diverging))
    assert found.steps[0].names == ("kind", "extra")
    assert found.steps[0].gain == pytest.approx(3.0, abs=1.2)


def test_parameters_flip_with_the_choice_that_brings_them() -> None:
    facts = read(made.searched())
    adamw: dict[str, Any] = {
        "optimizer": "adamw",
        "adamw.lr": 1e-3,
        "adamw.l2": 0.1,
        "depth": 3,
        "activation": "relu",
    }
    sgd: dict[str, Any] = {"optimizer": "sgd", "sgd.lr": 0.1, "depth": 2, "activation": "gelu"}
    assert changes(facts, sgd, adamw) == [
        ("activation",),
        ("depth",),
        ("optimizer", "adamw.l2", "adamw.lr", "sgd.lr"),
    ]


def one_change() -> optuna.Study:
    study = made.empty()
    for number in range(12):
        attrs: dict[str, Any] = {} if number else {TrialAttr.BASELINE: "default"}
        made.add(study, {"dropout": 0.4 - 0.02 * number}, attrs=attrs)
    return study


def beside_the_space() -> optuna.Study:
    study = made.empty()
    curve = [{"number": 1, "validation_accuracy": 0.1}]
    study.add_trial(
        create_trial(
            state=TrialState.COMPLETE,
            value=0.1,
            user_attrs={
                str(TrialAttr.BASELINE): "by hand",
                str(TrialAttr.RECIPE): "Recipe()",
                str(TrialAttr.CURVE): curve,
            },
        )
    )
    for value in (0.1, 0.2, 0.3):
        made.add(study, {"dropout": value})
    return study


@pytest.mark.parametrize(
    ("study", "why"),
    [
        (one_change(), "the two differ in dropout alone"),
        (beside_the_space(), "the baseline lies outside of the space"),
        (searched(noisy, trials=9), "9 trials are too few for a surrogate"),
    ],
)
def test_where_there_is_no_path_it_says_why(study: optuna.Study, why: str) -> None:
    found = path(study)
    assert found.missing.startswith(why)
    assert found.steps == ()


def test_without_a_baseline_or_a_gain_over_it_nothing_is_said() -> None:
    plain = optuna.create_study()
    plain.optimize(lambda trial: trial.suggest_float("x", -1, 1) ** 2, n_trials=12)
    assert ablation(read(plain), usable(plain)) is None
    alone = made.empty()
    made.add(alone, made.DEFAULTS, attrs={TrialAttr.BASELINE: "default"})
    assert ablation(read(alone), usable(alone)) is None
    assert ablation(read(made.empty()), ()) is None


def test_pruned_and_failed_trials_teach_the_surrogate_too() -> None:
    surrogate = path(made.confirmed()).surrogate
    assert surrogate is not None
    assert (surrogate.trials, surrogate.pruned, surrogate.failed) == (30, 8, 2)


def test_a_parameter_with_no_telling_when_it_is_used_has_a_step_all_the_same() -> None:
    study = optuna.create_study(direction="maximize", storage=InMemoryStorage())
    rng = random.Random(4)
    for number in range(60):
        params: dict[str, Any] = {"kind": rng.choice("ab"), "idle": rng.random()}
        if number == 0 or rng.random() < 0.8:
            params["extra"] = rng.random() if number else 0.0
        study.add_trial(
            create_trial(
                value=10 * params.get("extra", 0.5) + params["idle"] + (params["kind"] == "b"),
                params=params,
                distributions={name: SPACE[name] for name in params},
                user_attrs={} if number else {str(TrialAttr.BASELINE): "default"},
            )
        )
    assert [axis.name for axis in region(usable(study)).unknown] == ["extra"]
    first = path(study).steps[0]
    assert first.names == ("extra",)
    assert first.gain == pytest.approx(9, abs=2)
