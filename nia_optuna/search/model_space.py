"""Parameters as a model of the space sees them: integers of many values as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, FloatDistribution

from nia_optuna.search.distributions import distribution
from nia_optuna.space import Parameter

# Optuna looks for the best of more values than these on a line, for one start after the other:
# in a space with three such integers that took three quarters of a proposal's time.
MOST_VALUES = 16
HALF = 0.499  # a little less, so that no number is rounded beyond the range


def model_distribution(parameter: Parameter) -> BaseDistribution:
    """Return the distribution of a parameter, of an integer with many values a continuous one.

    Every integer has the same share of it as of its own distribution.
    """
    if parameter.kind != "integer" or _count(parameter) <= MOST_VALUES:
        return distribution(parameter)
    margin = HALF * parameter.step
    return FloatDistribution(parameter.low - margin, parameter.high + margin, log=parameter.log)


def proposed_value(parameter: Parameter, drawn: Any) -> Any:  # noqa: ANN401  # as Optuna has it
    """Return what a model's draw stands for: of an integer its nearest value."""
    if parameter.kind != "integer":
        return drawn
    low, step = int(parameter.low), parameter.step
    return low + step * round((drawn - low) / step)


def model_space(parameters: Mapping[str, Parameter]) -> dict[str, BaseDistribution]:
    """Return the distributions of all parameters."""
    return {name: model_distribution(p) for name, p in parameters.items()}


def _count(parameter: Parameter) -> int:
    return int((parameter.high - parameter.low) // parameter.step) + 1
