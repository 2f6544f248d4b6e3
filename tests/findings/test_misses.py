import numpy as np
import pytest

from nia_optuna.findings.misses import SHOWN, Misses, misses
from nia_optuna.predictions import predictions


def found(outputs: list[float], targets: list[float]) -> Misses | None:
    rows = np.zeros((len(outputs), 2), np.float32)
    return misses(predictions(np.array(outputs, np.float32), np.array(targets, np.float32), rows))


def test_the_largest_errors_come_first_whichever_way_they_are_off() -> None:
    made = found([1.0, 2.0, 9.0, 4.0], [1.5, 7.0, 3.0, 4.0])
    assert made is not None
    assert [(miss.example, miss.error) for miss in made.largest[:3]] == [
        (2, 6.0),
        (1, -5.0),
        (0, -0.5),
    ]


def test_only_some_are_named_and_all_are_shown() -> None:
    made = found([0.0] * 50, [float(n) for n in range(50)])
    assert made is not None
    assert (len(made.largest), len(made.all)) == (SHOWN, 50)


def test_a_perfect_prediction_explains_all_the_mean_nothing_and_worse_is_below() -> None:
    for outputs, explained in (([1, 2, 3], 1.0), ([2, 2, 2], 0.0), ([3, 2, 1], -3.0)):
        made = found([float(n) for n in outputs], [1.0, 2.0, 3.0])
        assert made is not None
        assert made.explained == pytest.approx(explained)


def test_targets_without_a_variance_leave_nothing_to_explain() -> None:
    made = found([1.0, 2.0], [3.0, 3.0])
    assert made is not None
    assert made.explained is None


def test_numbers_that_are_not_finite_are_left_out() -> None:
    made = found([np.nan, 2.0], [1.0, 2.0])
    assert made is not None
    assert [miss.example for miss in made.all] == [1]
    assert found([np.inf], [1.0]) is None
