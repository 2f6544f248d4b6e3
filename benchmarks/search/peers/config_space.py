"""Spaces as ConfigSpace has them, with their conditions: for SMAC and DEHB."""

from __future__ import annotations

import random

from ConfigSpace import (
    CategoricalHyperparameter,
    ConfigurationSpace,
    InCondition,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from ConfigSpace.hyperparameters import Hyperparameter

from benchmarks.search.problem import Problem
from nia_optuna.branches import random_answer
from nia_optuna.space import Parameter, Space, Value

DRAWS = 500
"""So many random draws show when a parameter is asked for."""


def config_space(problem: Problem, seed: int) -> ConfigurationSpace:
    """Return a problem's space, with a condition on every parameter that a branch asks for."""
    space = ConfigurationSpace(seed=seed)
    made = {name: _hyperparameter(each) for name, each in problem.parameters.items()}
    space.add(*made.values())
    for name, (parent, values) in conditions(problem).items():
        space.add(InCondition(made[name], made[parent], list(values)))
    return space


def conditions(problem: Problem) -> dict[str, tuple[str, tuple[Value, ...]]]:
    """Return the choice, and its values, with which each conditional parameter is asked for.

    Raises ValueError where a condition is not that of one choice.
    """
    answer = random_answer(random.Random(0))  # noqa: S311  # no secret is drawn
    drawn = []
    for _ in range(DRAWS):
        space = Space(answer)
        problem.draw(space)
        drawn.append(space.values)
    choices = [name for name, each in problem.parameters.items() if each.kind == "choice"]
    found = {}
    for name in problem.parameters:
        if all(name in values for values in drawn):
            continue
        found[name] = _condition(name, choices, drawn)
    return found


def _condition(
    name: str, choices: list[str], drawn: list[dict[str, Value]]
) -> tuple[str, tuple[Value, ...]]:
    for choice in choices:
        present = {values[choice] for values in drawn if name in values and choice in values}
        if choice != name and all(
            (name in values) == (choice in values and values[choice] in present) for values in drawn
        ):
            return choice, tuple(sorted(present, key=str))
    raise ValueError(f"no single choice says when {name!r} is asked for")


def _hyperparameter(parameter: Parameter) -> Hyperparameter:
    name = parameter.name
    if parameter.kind == "choice":
        return CategoricalHyperparameter(name, parameter.choices, default_value=parameter.default)
    if parameter.kind == "integer":
        return UniformIntegerHyperparameter(
            name,
            int(parameter.low),
            int(parameter.high),
            default_value=parameter.default,
            log=parameter.log,
        )
    return UniformFloatHyperparameter(
        name,
        parameter.low,
        parameter.high,
        default_value=parameter.default,
        log=parameter.kind == "log",
    )
