import numpy as np
import optuna
import pytest

from nia_optuna.findings.region import Region, region
from nia_optuna.findings.usable import Tried, usable


def trials(count: int = 30) -> tuple[Tried, ...]:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))

    def objective(trial: optuna.Trial) -> float:
        kind = trial.suggest_categorical("kind", ["sgd", "adam"])
        lucky = trial.suggest_categorical("lucky", [True, False])
        depth = trial.suggest_int("depth", 2, 5)
        trial.suggest_float(f"{kind}.lr", 1e-4, 1.0, log=True)
        if depth > 3:
            trial.suggest_int("wide", 16, 64, step=16)
        if lucky == (kind == "sgd"):
            trial.suggest_float("odd", 0, 1)
        trial.suggest_categorical("fixed", [1])
        return 0.0

    study.optimize(objective, count)
    return usable(study)


@pytest.fixture(scope="module")
def space() -> Region:
    return region(trials())


def test_what_makes_a_parameter_be_used_is_found_or_it_is_unknown(space: Region) -> None:
    parents = {axis.name: axis.parent for axis in space.axes}
    assert parents == {
        "adam.lr": "kind",
        "depth": "",
        "kind": "",
        "lucky": "",
        "sgd.lr": "kind",
        "wide": "depth",
    }
    assert [axis.name for axis in space.unknown] == ["odd"]


def test_the_sample_is_even_and_inside_of_the_space(space: Region) -> None:
    sample = space.sample(1024)
    of = {axis.name: sample[:, k] for k, axis in enumerate(space.axes)}
    assert np.array_equal(np.isnan(of["sgd.lr"]), of["kind"] != 0)
    assert np.array_equal(np.isnan(of["wide"]), of["depth"] < 0.5)
    depths = np.unique(of["depth"], return_counts=True)
    assert depths[0] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert depths[1] == pytest.approx(256, abs=2)
    assert np.nanmin(of["sgd.lr"]) >= 0
    assert np.nanmax(of["sgd.lr"]) <= 1
    assert np.array_equal(sample, space.sample(1024), equal_nan=True)
