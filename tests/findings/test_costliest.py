"""Losses of single examples, the worst first."""

import math

import numpy as np
import pytest

from nia_optuna.findings.costliest import MOST, costliest, example_losses
from nia_optuna.predictions import Predictions, from_bytes, predictions
from tests.findings import answered

NAMES = ("cat", "dog", "owl")


def answers(rows: list[list[float]], targets: list[int]) -> Predictions:
    inputs = np.zeros((len(rows), 1, 2, 2), np.uint8)
    return predictions(np.array(rows, np.float32), np.array(targets, np.int64), inputs)


def test_the_losses_of_one_answer_are_those_of_their_definitions() -> None:
    found = example_losses(np.array([0.2, 0.5, 0.3], np.float32), 2)
    assert found == pytest.approx(
        {
            "0-1": 1.0,
            "squared": 0.2**2 + 0.5**2 + 0.7**2,
            "absolute": 0.2 + 0.5 + 0.7,
            "hinge": 1 - 0.3 + 0.5,
            "cross-entropy": -math.log(0.3),
        },
        rel=1e-5,
    )


def test_the_examples_with_the_least_probability_of_the_truth_come_first() -> None:
    rows = [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.6, 0.3, 0.1], [0.0, 1.0, 0.0]]
    found = costliest(answers(rows, [0, 0, 2, 0]), NAMES)
    assert [(c.example, c.true, c.taken_for) for c in found[:3]] == [
        (3, "cat", "dog"),
        (2, "owl", "cat"),
        (1, "cat", "dog"),
    ]
    assert found[0].losses["cross-entropy"] == math.inf
    assert found[-1].losses["0-1"] == 0


def test_no_more_than_a_few_are_told_and_none_of_numbers() -> None:
    rows = [[0.5, 0.25, 0.25]] * 20
    assert len(costliest(answers(rows, [0] * 20), NAMES)) == MOST
    numbers = predictions(np.zeros(3, np.float32), np.ones(3, np.float32), np.zeros((3, 2)))
    assert costliest(numbers, ()) == ()


def test_their_means_over_all_examples_are_the_losses_of_the_table() -> None:
    _, artifacts = answered.digits()
    read = from_bytes(next(iter(artifacts.values())))
    each = [example_losses(p, int(t)) for p, t in zip(read.outputs, read.targets, strict=True)]
    recorded = answered.losses(read.outputs, read.targets)
    for name, mean in recorded.items():
        assert np.mean([found[name] for found in each]) == pytest.approx(mean, rel=1e-4)
