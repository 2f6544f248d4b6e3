"""Integers of many values are numbers to a model, and integers again in a proposal."""

import numpy as np
import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from nia_optuna.search.model_space import model_distribution, proposed_value
from nia_optuna.space import Parameter


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(("low", "high", "step"), [(1, 64, 1), (16, 512, 1), (8, 400, 8)])
def test_whatever_is_drawn_is_a_value_of_the_range(
    low: int, high: int, step: int, *, log: bool
) -> None:
    if log and step > 1:
        pytest.skip("a logarithmic integer has no step")
    parameter = Parameter("width", "integer", low, low=low, high=high, step=step, log=log)
    seen = model_distribution(parameter)
    assert isinstance(seen, FloatDistribution)
    assert seen.log == log
    values = {proposed_value(parameter, x) for x in np.linspace(seen.low, seen.high, 20_000)}
    assert values == set(range(low, high + 1, step))


def test_few_values_stay_integers() -> None:
    parameter = Parameter("depth", "integer", 3, low=1, high=5)
    assert model_distribution(parameter) == IntDistribution(1, 5)
    assert proposed_value(parameter, 4) == 4
