"""Whether the recommended configuration lies at an edge of what was searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nia_optuna.findings.facts import RangeFacts, StudyFacts
from nia_optuna.findings.standing import winner

NEAR = 0.05
"""Part of a range, on the scale it was searched on, that counts as its edge."""


@dataclass(frozen=True)
class Edge:
    """A parameter of the recommended configuration that lies near one end of its range."""

    name: str
    value: float
    between: RangeFacts
    side: Literal["lower", "upper"]


def edges(facts: StudyFacts) -> tuple[Edge, ...]:
    """Return the parameters whose best value is at an edge, in the order of the space.

    There is none while baselines alone have ended, which tell nothing of the ranges. Only numbers
    that are searched between two others can be; choices have no edge.
    """
    ended = (*facts.of_state("complete"), *facts.of_state("pruned"))
    searched = any(trial.baseline is None or trial.cell is not None for trial in ended)
    best = winner(facts) if searched else None
    found = []
    for parameter in facts.space if best else ():
        value = best.configuration.get(parameter.name) if best else None
        if parameter.between is None or isinstance(value, bool | str) or value is None:
            continue
        at = parameter.between.place(value)
        if at is not None and min(at, 1 - at) <= NEAR:
            side: Literal["lower", "upper"] = "lower" if at <= NEAR else "upper"
            found.append(Edge(parameter.name, value, parameter.between, side))
    return tuple(found)
