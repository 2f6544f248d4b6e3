"""Every decay gives the rates its docstring promises."""

import math

import pytest

from nia_optuna.decay import Constant, Cosine, Decay, Exponential, Plateau, Step
from nia_optuna.training.decay import learning_rate


def rates(decay: Decay, epochs: int = 6) -> list[float]:
    return [
        learning_rate(decay, 1.0, passed=passed, epochs=epochs, losses=())
        for passed in range(epochs)
    ]


def test_constant_stays() -> None:
    assert rates(Constant()) == [1.0] * 6


def test_step_multiplies_every_few_epochs() -> None:
    assert rates(Step(every=2, factor=0.5)) == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]


def test_exponential_begins_at_its_epoch() -> None:
    expected = [1, 1, *(math.exp(-0.1 * n) for n in (1, 2, 3, 4))]
    assert rates(Exponential(rate=0.1, start=3)) == pytest.approx(expected)


def test_only_the_cosine_moves_within_an_epoch() -> None:
    def within(decay: Decay) -> list[float]:
        return [
            learning_rate(decay, 1.0, passed=passed, epochs=4, losses=()) for passed in (1, 1.5)
        ]

    for decay in (Constant(), Step(every=1), Exponential(), Plateau()):
        first, later = within(decay)
        assert first == later
    first, later = within(Cosine())
    assert first > later


def test_cosine_goes_from_the_rate_to_its_floor() -> None:
    points = [
        learning_rate(Cosine(floor=0.1), 2.0, passed=passed, epochs=4, losses=())
        for passed in (0, 2, 4)
    ]
    assert points == pytest.approx([2.0, 1.1, 0.2])


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([], 1.0),
        ([3.0, 2.0, 2.5], 1.0),
        ([3.0, 2.0, 2.5, 2.0], 0.1),
        ([3.0, 2.0, 2.5, 2.0, 1.9, 1.8], 0.1),
        ([3.0, 2.0, 2.5, 2.0, 2.5, 2.5], 0.05),
    ],
)
def test_plateau_waits_for_a_lower_loss_and_stops_at_its_floor(
    losses: list[float], expected: float
) -> None:
    decay = Plateau(factor=0.1, patience=2, floor=0.05)
    given = learning_rate(decay, 1.0, passed=len(losses), epochs=9, losses=losses)
    assert given == pytest.approx(expected)


def test_a_plateau_never_raises_a_rate_below_its_floor() -> None:
    decay = Plateau(patience=1, floor=0.05)
    assert learning_rate(decay, 0.01, passed=3, epochs=9, losses=[1, 2, 3]) == 0.01
