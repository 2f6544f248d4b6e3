"""How bad the bad values are does not matter to a model of the space."""

import numpy as np
import pytest

from nia_optuna.search.warping import half_ranked


def test_the_better_half_stays_and_the_order_of_the_worse_one_stays() -> None:
    values = [90.0, 10.0, 89.0, 11.0, 91.0, 50.0, 88.0]
    warped = half_ranked(values, maximize=True)
    better = [value >= np.median(values) for value in values]
    assert warped[better].tolist() == np.array(values)[better].tolist()
    assert np.argsort(warped).tolist() == np.argsort(values).tolist()


def test_a_failure_however_bad_is_as_near_as_the_spread_of_the_better_half() -> None:
    values = [90.0, 89.0, 91.0, 88.5]
    near, far = (half_ranked([*values, bad], maximize=True) for bad in (80.0, -1e9))
    assert near.tolist() == far.tolist()
    assert far.min() > 80.0


def test_losses_are_the_same_upside_down() -> None:
    values = [3.0, 0.1, 0.2, 700.0, 0.15]
    mirrored = [-value for value in values]
    assert half_ranked(values, maximize=False).tolist() == pytest.approx(
        (-half_ranked(mirrored, maximize=True)).tolist()
    )


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 1.0, 1.0], [0.5, 0.5, 0.1]])
def test_few_values_and_equal_ones_stay_finite(values: list[float]) -> None:
    warped = half_ranked(values, maximize=True)
    assert len(warped) == len(values)
    assert np.isfinite(warped).all()


def test_equal_values_stay_equal() -> None:
    warped = half_ranked([0.1, 0.1, 0.9, 0.8, 0.7], maximize=True)
    assert warped[0] == warped[1] < warped[4]
