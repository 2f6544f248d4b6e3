import numpy as np
import pytest

from nia_optuna.findings.losses import LOSSES, losses, nothing_learned
from nia_optuna.findings.read import read
from tests.findings import answered


def test_losses_are_means_over_seeds_of_every_scored_configuration() -> None:
    study, _ = answered.digits()
    winner, default = losses(read(study))
    assert (winner.trial.baseline, default.trial.baseline) == (None, "default")
    assert tuple(winner.means) == LOSSES
    assert len(winner.means["hinge"].values) == 3
    assert winner.means["0-1"].mean < default.means["0-1"].mean
    assert winner.means["squared"].ci95 is not None


def test_a_loss_without_a_value_is_left_out() -> None:
    study, _ = answered.digits()
    answered.replace(study, losses={"0-1": 0.25, "cross-entropy": 0.5, "hinge": None})
    means = losses(read(study))[0].means
    assert {name: found.mean for name, found in means.items()} == {
        "0-1": 0.25,
        "cross-entropy": 0.5,
    }


def test_a_regression_has_two_losses() -> None:
    study, _ = answered.diabetes()
    assert tuple(losses(read(study))[0].means) == ("squared", "absolute")


def test_nothing_learned_among_five_classes_is_ln_5_and_four_fifths() -> None:
    assert nothing_learned(5)["cross-entropy"] == pytest.approx(1.609, abs=5e-4)
    assert nothing_learned(5)["squared"] == pytest.approx(0.8)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_nothing_learned_is_what_equal_probabilities_lose(classes: int) -> None:
    true = np.arange(classes)
    equal = np.full((classes, classes), 1 / classes, np.float32)
    assert nothing_learned(classes) == pytest.approx(answered.losses(equal, true), abs=1e-6)


def test_the_hinge_of_two_classes_is_that_of_the_score() -> None:
    p = np.array([0.9, 0.6, 0.3], np.float32)
    score = 2 * (p - 0.5)
    both = np.stack([1 - p, p], 1)
    hinge = answered.losses(both, np.ones(3, np.int64))["hinge"]
    assert hinge == pytest.approx(float(np.maximum(0, 1 - score).mean()), abs=1e-6)
