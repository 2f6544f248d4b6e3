import numpy as np
import pytest
from scipy.stats import bootstrap

from nia_optuna.findings.bootstrap import of_difference, of_mean


def test_of_many_values_it_is_the_percentile_bootstrap() -> None:
    values = np.random.default_rng(1).exponential(size=400)
    other = np.random.default_rng(2).exponential(2.0, size=300)
    known = bootstrap((values,), np.mean, method="percentile", rng=0, n_resamples=4000, batch=200)
    width = known.confidence_interval.high - known.confidence_interval.low
    found = of_mean(values)
    assert found is not None
    assert found == pytest.approx(tuple(known.confidence_interval), abs=0.05 * width)
    apart = of_difference(other, values)
    error = np.sqrt(values.var() / 400 + other.var() / 300)
    gain = other.mean() - values.mean()
    assert apart == pytest.approx((gain - 1.96 * error, gain + 1.96 * error), abs=0.1 * error)


def test_three_values_are_never_left_behind_and_that_is_too_short() -> None:
    assert of_mean([0.01, 0.03, 0.02]) == pytest.approx((0.01, 0.03))


def test_ten_normal_values_hold_their_mean_as_often_as_promised() -> None:
    samples = np.random.default_rng(3).standard_normal((120, 10))
    found = [of_mean(sample) for sample in samples]
    assert 0.9 <= np.mean([each is not None and each[0] <= 0 <= each[1] for each in found]) <= 0.99


def test_the_same_values_give_the_same_interval_in_any_order() -> None:
    assert of_mean([1.0, 2.0, 4.0, 8.0]) == of_mean([8.0, 1.0, 4.0, 2.0])


@pytest.mark.parametrize("values", [[1.0], [0.5, 0.5, 0.5], []])
def test_without_a_spread_there_is_no_interval(values: list[float]) -> None:
    assert of_mean(values) is None
    assert of_difference(values, [1.0]) is None
