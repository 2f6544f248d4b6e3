import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import create_trial

from nia_optuna.findings.findings import find
from nia_optuna.findings.landscape import MOST_OPTIONS, NEAR, Landscape, landscape
from nia_optuna.findings.usable import usable
from tests.findings import made, timed


def over(study: optuna.Study, *names: str) -> Landscape:
    found = landscape(usable(study), names)
    assert found is not None
    return found


def added(
    value: Callable[..., float],
    rows: Sequence[dict[str, float]],
    direction: Literal["maximize", "minimize"] = "maximize",
) -> optuna.Study:
    study = optuna.create_study(direction=direction)
    for row in rows:
        ranges: dict[str, BaseDistribution] = {name: FloatDistribution(0, 1) for name in row}
        study.add_trial(create_trial(value=value(**row), params=row, distributions=ranges))
    return study


def test_two_numbers_are_a_hill_whose_top_is_where_the_truth_has_it() -> None:
    seen = over(timed.stored(timed.searched(120)), "lr", "dropout")
    assert (seen.across.name, seen.up.name) == ("lr", "dropout")
    row, column = np.unravel_index(seen.predicted.argmax(), seen.predicted.shape)
    assert seen.columns[column] == pytest.approx(0.5, abs=0.1)
    assert seen.rows[row] == pytest.approx(0.4, abs=0.25)
    assert seen.predicted.max() == pytest.approx(0.9, abs=0.03)


def test_the_rest_is_averaged_over_the_space_and_not_over_the_trials() -> None:
    # Trials with a large x have a large z, which costs more than x brings.
    rng = np.random.default_rng(0)
    drawn = rng.random((60, 3))
    rows = [{"x": x, "y": y, "z": 0.7 * x + 0.3 * z} for x, y, z in drawn.tolist()]
    seen = over(added(lambda x, y, z: x + 0.2 * y - 3 * z, rows), "x", "y")
    along = seen.predicted.mean(axis=0)
    assert along[-1] - along[0] == pytest.approx(1, abs=0.3)


def test_no_stray_rules_it_and_nothing_beyond_the_values_is_predicted() -> None:
    rng = np.random.default_rng(0)
    rows = [{"x": x, "y": y} for x, y in rng.random((40, 2)).tolist()]
    wild = over(added(lambda x, y: 1e6 if x > 0.95 else 1 + x + 0 * y, rows, "minimize"), "x", "y")
    left = wild.predicted[:, : len(wild.columns) // 2]
    assert left.min() >= 1
    assert left.max() < 2
    assert wild.predicted.max() <= 1e6


def test_choices_and_few_whole_numbers_have_a_place_each() -> None:
    seen = over(timed.stored(timed.searched(90)), "activation", "depth")
    assert (seen.across.name, seen.up.name) == ("depth", "activation")
    assert seen.across.between is not None
    assert seen.up.levels == ("relu", "gelu", "tanh")
    assert seen.predicted.shape == (3, 4)
    assert seen.rows.tolist() == [0, 0.5, 1]
    trial = timed.searched(90).trials[7]
    assert seen.trials.loc[7, "up"] == seen.up.place(trial.configuration["activation"])
    assert seen.trials.loc[7, "across"] == seen.across.place(trial.configuration["depth"])


def test_it_says_how_far_the_nearest_trial_of_the_same_choice_lies() -> None:
    study = timed.stored(timed.searched(60))
    tried = [t for t in usable(study) if t.params["activation"] == "relu" or t.number == 9]
    seen = landscape(tried, ("activation", "lr"))
    assert seen is not None
    (lone,) = (t for t in tried if t.number == 9)
    option = ("relu", "gelu", "tanh").index(str(lone.params["activation"]))
    at = (math.log10(float(str(lone.params["lr"]))) + 4) / 4
    assert option > 0
    assert seen.away[option] == pytest.approx(np.abs(seen.columns - at))
    assert (seen.away[3 - option] == 2).all()
    assert (seen.away[0] < NEAR).mean() > 0.9


def test_it_is_empty_where_two_are_not_in_use_together_and_none_where_they_never_are() -> None:
    study = made.searched()
    seen = over(study, "optimizer", "sgd.lr")
    sgd = seen.up.levels.index("sgd")
    assert not np.isnan(seen.predicted[sgd]).any()
    assert np.isnan(np.delete(seen.predicted, sgd, axis=0)).all()
    assert set(seen.trials["up"]) == {seen.up.level(sgd)}
    assert landscape(usable(study), ("sgd.lr", "adamw.lr")) is None


def test_there_is_none_without_importances_or_with_too_many_options() -> None:
    assert find(timed.stored(timed.searched(6))).landscape is None
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    options = [f"option {k}" for k in range(MOST_OPTIONS + 1)]
    study.optimize(
        lambda t: t.suggest_float("x", 0, 1) + len(t.suggest_categorical("many", options)), 12
    )
    assert landscape(usable(study), ("x", "many")) is None
