"""How much better one study's recommended configuration is than another's, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

import numpy as np

from nia_optuna.findings.bootstrap import of_difference, of_mean
from nia_optuna.findings.by_example import ByExample
from nia_optuna.findings.comparable import same_validation, same_values
from nia_optuna.findings.confirmation import Difference, Interval, between, by_seed
from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.failed import failed
from nia_optuna.findings.standing import winner

Part = Literal["test", "validation"]
Verdict = Literal["better", "worse", "networks better", "networks worse", "same", "not shown"]


@dataclass(frozen=True)
class OverSeeds:
    """A difference over seeds, its t-interval within, and its bootstrap interval.

    `bootstrap` is None where there is no spread.
    """

    difference: Difference
    bootstrap: Interval | None
    paired: bool

    @property
    def shown(self) -> bool:
        """Whether both intervals lie on one side of 0: few seeds make the bootstrap's too short."""
        t, resampled = self.difference.ci95, self.bootstrap
        return t is not None and resampled is not None and not _holds0(t) and not _holds0(resampled)


@dataclass(frozen=True)
class OverExamples:
    """A difference over test examples between `networks` trainings of each, and its interval.

    `ci95` is of the paired bootstrap; None where every example was answered equally well.
    """

    gain: float
    ci95: Interval | None
    examples: int
    networks: tuple[int, int]

    @property
    def shown(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.ci95 is not None and not _holds0(self.ci95)


@dataclass(frozen=True)
class Apart:
    """How much better `one` is than `other` on a part; positive is better."""

    one: str
    other: str
    part: Part
    over_seeds: OverSeeds
    over_examples: OverExamples | None = None

    @property
    def verdict(self) -> Verdict:
        """What the intervals say of `one`.

        It is "better" only where other seeds and, where answers were kept, other examples would
        say so too. "networks better" are where the examples alone do: those that were trained are
        better, of the configuration the seeds are too few to tell.
        """
        seeds, examples = self.over_seeds, self.over_examples
        side = "better" if seeds.difference.gain > 0 else "worse"
        if (
            seeds.difference.gain == 0
            and seeds.difference.tied
            and not (examples and examples.ci95)
        ):
            return "same"
        if examples is None:
            return _VERDICTS[side, "all"] if seeds.shown else "not shown"
        if not examples.shown:
            return "not shown"
        return _VERDICTS[side, "all" if seeds.shown else "networks"]


_VERDICTS: Mapping[tuple[str, str], Verdict] = {
    ("better", "all"): "better",
    ("worse", "all"): "worse",
    ("better", "networks"): "networks better",
    ("worse", "networks"): "networks worse",
}


def apart(
    one: StudyFacts, other: StudyFacts, answers: Mapping[str, ByExample | None]
) -> Apart | None:
    """Return the difference on the test part, else on validation where that is the same.

    `answers` are by study. None where values do not compare, or either recommended configuration
    was not confirmed or failed on a seed.
    """
    if not same_values(one, other):
        return None
    parts: tuple[Part, ...] = ("test", "validation") if same_validation(one, other) else ("test",)
    for part in parts:
        first, second = fresh(one, part), fresh(other, part)
        seeds = over_seeds(one, first, second)
        if seeds is not None:
            examples = None
            if part == "test":
                examples = _over_examples(one, answers.get(one.name), answers.get(other.name))
            return Apart(one.name, other.name, part, seeds, examples)
    return None


def fresh(facts: StudyFacts, part: Part) -> dict[int, float]:
    """Return what the recommended configuration reached by fresh seed; empty where one failed."""
    best = winner(facts)
    if best is None or best.number in failed(facts):
        return {}
    return by_seed(facts, best.number, part)


def over_seeds(
    facts: StudyFacts, first: Mapping[int, float], second: Mapping[int, float]
) -> OverSeeds | None:
    """Return how much better `first` is, values by seed: in pairs where the seeds are the same.

    None where either has no value.
    """
    found = between(facts, first, second)
    if found is None:
        return None
    paired = first.keys() == second.keys()
    interval = None
    if found.ci95 is not None and paired:
        interval = of_mean([facts.gain(first[seed], second[seed]) for seed in first])
    elif found.ci95 is not None:
        sign = 1 if facts.direction == "maximize" else -1
        interval = of_difference(
            [sign * value for value in first.values()], [sign * value for value in second.values()]
        )
    return OverSeeds(found, interval, paired)


def _over_examples(
    facts: StudyFacts, one: ByExample | None, other: ByExample | None
) -> OverExamples | None:
    if one is None or other is None or not np.array_equal(one.targets, other.targets):
        return None
    sign = 1 if facts.direction == "maximize" else -1
    gains = sign * (one.scores - other.scores)
    return OverExamples(
        gain=fmean(gains.tolist()),
        ci95=of_mean(gains),
        examples=len(gains),
        networks=(one.networks, other.networks),
    )


def _holds0(interval: Interval) -> bool:
    return interval[0] <= 0 <= interval[1]
