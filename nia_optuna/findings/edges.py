"""Whether the recommended configuration lies at an edge of what was searched."""

from __future__ import annotations

import math
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

    Only numbers that are searched between two others can be; choices have no edge.
    """
    best = winner(facts)
    found = []
    for parameter in facts.space if best else ():
        value = best.configuration.get(parameter.name) if best else None
        if parameter.between is None or isinstance(value, bool | str) or value is None:
            continue
        place = _place(parameter.between, value)
        if place is not None and min(place, 1 - place) <= NEAR:
            side: Literal["lower", "upper"] = "lower" if place <= NEAR else "upper"
            found.append(Edge(parameter.name, value, parameter.between, side))
    return tuple(found)


def _place(between: RangeFacts, value: float) -> float | None:
    """Return where in its range a value lies, 0 to 1; None where there is no such place."""
    ends = between.low, between.high
    if between.log and min(*ends, value) <= 0:
        return None
    low, high, at = map(math.log, (*ends, value)) if between.log else (*ends, value)
    return (at - low) / (high - low) if high > low else None
