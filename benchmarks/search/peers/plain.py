"""What a library suggests, as the problem's own space has it."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.search.problem import Problem
from nia_optuna.space import Parameter, Space, Value, answers


def asked_for(problem: Problem, configuration: Mapping[str, object]) -> dict[str, Value]:
    """Return a configuration in plain numbers: what its branch asks for, within its ranges."""
    parameters = problem.parameters
    plain = {name: _plain(parameters[name], value) for name, value in configuration.items()}
    space = Space(answers(plain))
    problem.draw(space)
    return space.values


def _plain(parameter: Parameter, value: object) -> Value:
    """Return what a library calls a value as the space has it, rounding errors taken away."""
    if parameter.kind == "choice":
        return next(choice for choice in parameter.choices if choice == value)
    low, high = parameter.low, parameter.high
    within = min(max(float(value), low), high)  # type: ignore[arg-type]  # all others are numbers
    return round(within) if parameter.kind == "integer" else within
