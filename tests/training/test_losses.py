"""Every loss against its definition, by hand and by scikit-learn."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import brier_score_loss, hinge_loss, log_loss

from nia_optuna.metric import LOSSES, Loss
from nia_optuna.training.losses import MEASURES, criterion, loss_table, measures

SCORES = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.5], [-3.0, 4.0, 0.0]])
CLASSES = torch.tensor([0, 2, 0])


def by_hand(name: Loss) -> list[float]:
    p = SCORES.double().softmax(1).numpy()
    y = np.eye(3)[CLASSES]
    true = (p * y).sum(1)
    values = {
        "cross_entropy": -np.log(true),
        "squared": ((p - y) ** 2).sum(1),
        "absolute": np.abs(p - y).sum(1),
        "hinge": np.maximum(0, 1 - (true - np.where(y == 1, -1, p).max(1))),
    }
    return [float(value) for value in values[name]]


@pytest.mark.parametrize("name", LOSSES["classification"])
def test_a_loss_of_classes_is_what_its_definition_says(name: Loss) -> None:
    judge = criterion(name, "classification")
    each = [judge(SCORES[k : k + 1], CLASSES[k : k + 1]).item() for k in range(len(SCORES))]
    assert each == pytest.approx(by_hand(name), abs=1e-5)
    assert judge(SCORES, CLASSES).item() == pytest.approx(np.mean(each), abs=1e-6)


@pytest.mark.parametrize("classes", [2, 5, 10])
def test_a_network_that_answers_nothing_has_the_expected_losses(classes: int) -> None:
    targets = torch.arange(classes)
    table = loss_table(torch.zeros(classes, classes), targets, "classification")
    assert table["cross-entropy"] == pytest.approx(math.log(classes))
    assert table["squared"] == pytest.approx(1 - 1 / classes)
    assert table["absolute"] == pytest.approx(2 * (1 - 1 / classes))
    assert table["hinge"] == pytest.approx(1)


def test_two_classes_have_the_losses_of_a_logistic_regression() -> None:
    # scikit-learn's for one probability p of the second class: hinge of the score 2 (p - 1/2).
    p = np.array([0.1, 0.4, 0.8, 0.65, 0.3])
    true = np.array([0, 1, 1, 0, 0])
    scores = torch.tensor(np.log(np.stack([1 - p, p], axis=1)), dtype=torch.float32)
    table = loss_table(scores, torch.tensor(true), "classification")
    assert table["0-1"] == pytest.approx(2 / 5)
    assert table["hinge"] == pytest.approx(hinge_loss(2 * true - 1, 2 * (p - 0.5)))
    assert table["cross-entropy"] == pytest.approx(log_loss(true, p), rel=1e-5)
    # Summed over both classes, so twice the square of one probability's error.
    assert table["squared"] == pytest.approx(2 * brier_score_loss(true, p), rel=1e-5)


def test_every_loss_of_classes_falls_towards_the_truth() -> None:
    for name in LOSSES["classification"]:
        scores = torch.zeros(3, 3, requires_grad=True)
        criterion(name, "classification")(scores, CLASSES).backward()  # type: ignore[no-untyped-call]
        assert scores.grad is not None
        assert (scores.grad[torch.arange(3), CLASSES] < 0).all(), name


def test_measures_of_numbers_are_sums_of_errors() -> None:
    scores, targets = torch.tensor([[1.0], [4.0]]), torch.tensor([3.0, 3.0])
    loss = criterion("absolute", "regression")(scores, targets)
    found = dict(
        zip(MEASURES["regression"], measures(loss, scores, targets, "regression"), strict=True)
    )
    assert {name: value.item() for name, value in found.items()} == {
        "loss": 3.0,
        "mse": 5.0,
        "mae": 3.0,
    }
