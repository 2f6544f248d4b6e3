"""Single trainings that went far astray, and so carry a mean over seeds with them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Literal

from nia_optuna.findings.confirmation import by_seed
from nia_optuna.findings.facts import StudyFacts

FEWEST = 5
"""Seeds below which nobody can say which of them is the odd one."""


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


def far(seeds: int) -> float:
    """Return how many median absolute deviations below the median a stray is: 10 + 1000 / seeds².

    The fewer seeds there are, the more that deviation itself is luck. Of samples of one normal
    distribution this calls strays in 0.18 % (5 seeds), 0.08 % (7), 0.02 % (10) and 0.02 % (20);
    of Student's t with 5 degrees of freedom in 0.2 %, 0.2 %, 0.2 % and 0.7 % (200,000 samples
    each, or more).
    """
    return 10 + 1000 / seeds**2


def strays(facts: StudyFacts) -> tuple[Strays, ...]:
    """Return the configurations that have strays among their confirmation trainings, by number.

    They are looked for on the test part, or on validation where there was no test. An accuracy
    moves by whole examples, so its deviation is taken for one example at least; of another
    metric nothing can be said where most of its values are the same.
    """
    found = []
    for trial in sorted({run.trial for run in facts.runs}):
        tested = by_seed(facts, trial, "test")
        values = list((tested or by_seed(facts, trial, "validation")).values())
        if len(values) < FEWEST:
            continue
        middle = median(values)
        part: Literal["test", "validation"] = "test" if tested else "validation"
        usual = max(median(abs(value - middle) for value in values), _step(facts, part))
        limit = far(len(values)) * usual
        astray = [value for value in values if usual and facts.gain(middle, value) > limit]
        if astray:
            worst = min(astray, key=lambda value: facts.gain(value, middle))
            found.append(Strays(trial, part, len(astray), len(values), worst, middle))
    return tuple(found)


def _step(facts: StudyFacts, part: Literal["test", "validation"]) -> float:
    """Return the least by which the metric can change: one example in an accuracy, else 0."""
    examples = facts.dataset.test if part == "test" else facts.dataset.validation
    return 1 / examples if facts.metric == "accuracy" and examples else 0.0
