"""What the same fitted networks lose on the test part by every loss, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nia_optuna.findings.confirmation import Estimate, estimate
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.scored import scored

LOSSES = ("0-1", "squared", "absolute", "hinge", "cross-entropy")
"""In the order of the table."""


@dataclass(frozen=True)
class Losses:
    """Means of every known loss of one configuration, over its seeds."""

    trial: TrialFacts
    means: Mapping[str, Estimate]


def losses(facts: StudyFacts) -> tuple[Losses, ...]:
    """Return the losses of every scored configuration that has recorded any."""
    found = []
    for trial, runs in scored(facts):
        values = {name: [r.losses[name] for r in runs if name in r.losses] for name in LOSSES}
        means = {name: estimate(known) for name, known in values.items() if known}
        if means:
            found.append(Losses(trial, means))
    return tuple(found)


def nothing_learned(classes: int) -> dict[str, float]:
    """Return the losses of equal probabilities for all `classes`, two at least.

    The 0-1 loss is that of a guess among classes of the same size.
    """
    return {
        "0-1": 1 - 1 / classes,
        "squared": 1 - 1 / classes,
        "absolute": 2 * (1 - 1 / classes),
        "hinge": 1.0,
        "cross-entropy": math.log(classes),
    }
