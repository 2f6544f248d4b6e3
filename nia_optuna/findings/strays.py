"""Single trainings that went far astray, and so carry a mean over seeds with them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Literal

from nia_optuna.findings.confirmation import by_seed
from nia_optuna.findings.facts import StudyFacts

FEWEST = 5
"""Seeds below which nobody can say which of them is the odd one."""
FAR = 10.0
"""Median absolute deviations from the median: no spread of ordinary trainings reaches so far."""


@dataclass(frozen=True)
class Strays:
    """`seeds` of the `of` trainings of a configuration ended far on the worse side of the others.

    `worst` and `median` are of the study's metric on `part`.
    """

    trial: int
    part: Literal["test", "validation"]
    seeds: int
    of: int
    worst: float
    median: float


def strays(facts: StudyFacts) -> tuple[Strays, ...]:
    """Return the configurations that have strays among their confirmation trainings, by number.

    They are looked for on the test part, or on validation where there was no test.
    """
    found = []
    for trial in sorted({run.trial for run in facts.runs}):
        tested = by_seed(facts, trial, "test")
        values = list((tested or by_seed(facts, trial, "validation")).values())
        if len(values) < FEWEST:
            continue
        middle = median(values)
        limit = FAR * median(abs(value - middle) for value in values)
        astray = [value for value in values if limit and facts.gain(middle, value) > limit]
        if astray:
            worst = min(astray, key=lambda value: facts.gain(value, middle))
            part: Literal["test", "validation"] = "test" if tested else "validation"
            found.append(Strays(trial, part, len(astray), len(values), worst, middle))
    return tuple(found)
