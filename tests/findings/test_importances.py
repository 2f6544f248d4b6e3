import warnings

import optuna
import pytest
from optuna.trial import TrialState

from nia_optuna.findings.importances import agreement, importances
from tests.findings import made


def searched(n_trials: int, parameters: int) -> optuna.Study:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(trial: optuna.Trial) -> float:
        x = [trial.suggest_float(f"x{k}", -1, 1) for k in range(parameters)]
        return sum(value**2 * 10.0**-k for k, value in enumerate(x))

    study.optimize(objective, n_trials=n_trials)
    return study


def test_both_evaluators_name_the_parameter_that_matters() -> None:
    found = importances(searched(60, 3))
    assert [next(iter(each.shares)) for each in found] == ["x0", "x0"]
    assert [sum(each.shares.values()) for each in found] == pytest.approx([1, 1])
    assert agreement(found) is True


def test_the_same_study_gives_the_same_shares() -> None:
    assert importances(made.searched()) == importances(made.searched())


def test_conditional_parameters_are_judged_by_ped_anova_and_left_out_by_fanova() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ped, fanova = importances(made.searched())
    assert set(ped.shares) == set(made.SPACE)
    assert fanova.left_out == ("adamw.l2", "adamw.lr", "sgd.l2", "sgd.lr")
    assert not set(fanova.shares) & set(fanova.left_out)


@pytest.mark.parametrize(
    ("study", "why"),
    [
        (optuna.create_study(), "0 complete trials are too few, 10 are needed"),
        (searched(9, 3), "9 complete trials are too few, 10 are needed"),
        (searched(12, 1), "only one parameter was searched"),
        (searched(12, 0), "no parameter was searched"),
    ],
)
def test_what_cannot_be_computed_says_why(study: optuna.Study, why: str) -> None:
    found = importances(study)
    assert [each.missing for each in found] == [why, why]
    assert agreement(found) is None


def test_equal_values_are_no_importance() -> None:
    study = optuna.create_study()
    study.optimize(lambda t: 0.0 * t.suggest_float("a", 0, 1) * t.suggest_int("b", 0, 3), 12)
    assert importances(study)[0].missing == "all complete trials have the same value"


def test_pruned_and_failed_trials_are_not_counted() -> None:
    study = made.empty()
    for state in (TrialState.PRUNED, TrialState.FAIL):
        for _ in range(10):
            made.add(study, made.DEFAULTS, state, epochs=3)
    assert importances(study)[0].missing.startswith("0 complete trials")


def test_a_long_study_is_thinned_for_fanova_and_says_so() -> None:
    ped, fanova = importances(searched(320, 3))
    assert ped.basis == "what sets the best 32 of 320 complete trials apart"
    assert fanova.basis == "the variance over 300 of 320 complete trials, evenly spaced"
    assert next(iter(fanova.shares)) == "x0"
