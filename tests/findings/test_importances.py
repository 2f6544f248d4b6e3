import math
import random

import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from nia_optuna.findings import importances as module
from nia_optuna.findings.importances import importances
from tests.findings import made


def searched(n_trials: int, parameters: int) -> optuna.Study:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(trial: optuna.Trial) -> float:
        x = [trial.suggest_float(f"x{k}", -1, 1) for k in range(parameters)]
        return sum(value * 10.0**-k for k, value in enumerate(x))

    study.optimize(objective, n_trials=n_trials)
    return study


def test_the_parameter_that_matters_is_first_and_relied_on() -> None:
    found = importances(searched(40, 3))
    assert found.order[0] == "x0"
    assert found.verdict.rely
    for each in found.evaluators:
        share = each.shares["x0"]
        assert 0.8 < share.low <= share.value <= share.high <= 1
        assert each.unseen is not None
        assert each.unseen > 0.8
    assert found.basis == "40 trials (40 complete)"


def test_where_the_sampler_went_does_not_decide() -> None:
    # Ten trials everywhere, then thirty where the first parameter is at its best: over the trials
    # themselves the second one explains most.
    space: dict[str, BaseDistribution] = {name: FloatDistribution(0, 1) for name in "ab"}
    rng, study = random.Random(1), optuna.create_study()
    for number in range(40):
        a, b = rng.random() if number < 10 else 0.5 + 0.02 * rng.random(), rng.random()
        value = abs(a - 0.5) + 0.1 * b
        study.add_trial(create_trial(value=value, params={"a": a, "b": b}, distributions=space))
    assert next(iter(optuna.importance.get_param_importances(study))) == "b"
    assert importances(study).order[0] == "a"


def test_the_same_study_gives_the_same_shares_and_judges_parameters_in_their_branch() -> None:
    found = importances(made.searched())
    assert found == importances(made.searched())
    assert set(found.order) == set(made.SPACE)
    assert {name: each.branch for name, each in found.inside.items()} == {
        "adamw.l2": "optimizer is adamw",
        "adamw.lr": "optimizer is adamw",
        "sgd.l2": "optimizer is sgd",
        "sgd.lr": "optimizer is sgd",
    }
    assert found.inside["sgd.lr"].share > found.mean("sgd.lr") > 0
    assert found.left_out == ()
    assert found.basis == "30 trials (20 complete, 8 pruned, 2 failed)"


def test_two_parameters_that_matter_together_are_told_as_a_pair() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(
        lambda t: (
            t.suggest_float("a", -1, 1) * t.suggest_float("b", -1, 1)
            + 0.1 * t.suggest_float("c", -1, 1)
        ),
        60,
    )
    found = importances(study)
    assert set(found.pairs[0].names) == {"a", "b"}
    smooth, boxes = found.pairs[0].shares
    assert smooth.low > 0.5  # a product is smooth: the forest is less sure of it
    assert boxes.value > 0.3
    assert len(found.pairs) == 1


@pytest.mark.parametrize(
    ("study", "why"),
    [
        (optuna.create_study(), "0 trials with a value are too few, 10 are needed"),
        (searched(1, 2), "1 trial with a value is too few, 10 are needed"),
        (searched(12, 1), "only one parameter was searched"),
        (searched(12, 0), "no complete trial has parameters"),
    ],
)
def test_what_cannot_be_computed_says_why(study: optuna.Study, why: str) -> None:
    found = importances(study)
    assert (found.missing, found.evaluators, found.verdict.rely) == (why, (), False)
    assert found.verdict.reasons == (why,)


def test_equal_values_are_no_importance() -> None:
    study = optuna.create_study()
    study.optimize(lambda t: 0.0 * t.suggest_float("a", 0, 1) * t.suggest_int("b", 0, 3), 12)
    assert importances(study).missing == "all trials have the same value"


def thinned(*values: float | None) -> optuna.Study:
    """Return a study of trials with these values, failed where there is none."""
    space: dict[str, BaseDistribution] = {name: FloatDistribution(0, 1) for name in "ab"}
    rng, study = random.Random(2), optuna.create_study()
    study.add_trials(
        [
            create_trial(
                state=TrialState.FAIL if value is None else TrialState.COMPLETE,
                value=value,
                params={name: rng.random() for name in space},
                distributions=space,
            )
            for value in values
        ]
    )
    return study


def test_values_are_judged_by_the_trials_that_were_picked() -> None:
    # Of 300 places, 0, 2, 5 and so on are picked.
    values = [0.5] * 300
    values[1] = 0.9
    why = "all trials among the 120 picked evenly of 300 have the same value"
    assert importances(thinned(*values)).missing == why
    values[1], values[2] = 0.5, 0.9
    assert importances(thinned(*values)).missing == ""
    lost = [0.1 * n if n < 14 else None for n in range(300)]
    assert importances(thinned(*lost)).missing == (
        "6 trials with a value among the 120 picked evenly of 300 are too few, 10 are needed"
    )


def test_where_nothing_is_complete_nothing_is_told() -> None:
    study = made.empty()
    for state in (TrialState.PRUNED, TrialState.FAIL):
        for _ in range(10):
            made.add(study, made.DEFAULTS, state, epochs=3)
    assert importances(study).missing.startswith("0 trials with a value")


def test_a_long_study_is_thinned_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TRIALS", 30)
    found = importances(searched(40, 2))
    assert found.basis == "30 of 40 trials (40 complete), evenly spaced"
    assert math.isclose(sum(map(found.mean, found.order)), 1, abs_tol=0.1)
