"""What fresh seeds say of a configuration: means, intervals, ties and the search's optimism."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev, variance
from typing import Literal

from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.failed import failed

Interval = tuple[float, float]

_ROUNDING = 1e-12  # of the values: what floating point may add to differences that are the same


@dataclass(frozen=True)
class Estimate:
    """Values of several seeds, their mean, and its 95 % t-interval (None without a spread)."""

    values: tuple[float, ...]
    mean: float
    ci95: Interval | None


@dataclass(frozen=True)
class Confirmed:
    """One configuration after the confirmation; `test` is None where it was never scored."""

    trial: int
    seeds: tuple[int, ...]
    validation: Estimate
    test: Estimate | None


@dataclass(frozen=True)
class Difference:
    """How much better one mean is than another: positive is better, whatever the direction.

    `seeds` counts the seeds of the one that has fewer: the pairs, where they are compared in
    pairs. With two or more and no `ci95` the difference was the same on every seed.
    """

    gain: float
    ci95: Interval | None
    method: Literal["paired t", "Welch t", "none"]
    seeds: int

    @property
    def tied(self) -> bool | None:
        """Return whether the two cannot be told apart; None where nothing can be said.

        They are tied where the 95 % interval holds 0, and where they are equal on every one of
        two or more seeds. A difference of one seed, or without any spread, says nothing.
        """
        if self.ci95 is not None:
            return self.ci95[0] <= 0 <= self.ci95[1]
        return True if self.seeds > 1 and self.gain == 0 else None


def confirmed(facts: StudyFacts) -> dict[int, Confirmed]:
    """Return what the confirmation measured, by trial number, best validation mean first.

    Those that failed on a seed come last: their means leave out the worst.
    """
    found: list[Confirmed] = []
    for trial in dict.fromkeys(run.trial for run in facts.runs):
        validation = by_seed(facts, trial, "validation")
        if validation:
            test = by_seed(facts, trial, "test")
            found.append(
                Confirmed(
                    trial=trial,
                    seeds=tuple(validation),
                    validation=estimate(tuple(validation.values())),
                    test=estimate(tuple(test.values())) if test else None,
                )
            )
    sign, out = -1 if facts.direction == "maximize" else 1, failed(facts)
    return {
        c.trial: c
        for c in sorted(found, key=lambda c: (c.trial in out, sign * c.validation.mean, c.trial))
    }


def by_seed(facts: StudyFacts, trial: int, part: Literal["validation", "test"]) -> dict[int, float]:
    """Return the metric of every confirmation training of `trial` on a part, by seed."""
    measured = {
        run.seed: run.validation if part == "validation" else run.test
        for run in facts.runs
        if run.trial == trial
    }
    return {seed: value for seed, value in measured.items() if value is not None}


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of one value or more and its 95 % interval by Student's t.

    Values that are all the same, as accuracies on few pictures can be by chance, have no
    interval: no spread was seen, which is not to say that there is none.
    """
    mean = fmean(values)
    if len(set(values)) < 2:  # noqa: PLR2004  # a spread needs two
        return Estimate(tuple(values), mean, None)
    half = _t975(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Estimate(tuple(values), mean, (mean - half, mean + half))


def difference(
    facts: StudyFacts, one: int, other: int, part: Literal["validation", "test"]
) -> Difference | None:
    """Return how much better trial `one` is than `other` over their confirmation trainings.

    Paired t where both were trained with the same seeds, otherwise Welch's t (Welch 1947, with
    Satterthwaite's degrees of freedom). None where either has no value on that part.
    """
    return between(facts, by_seed(facts, one, part), by_seed(facts, other, part))


def between(
    facts: StudyFacts, first: Mapping[int, float], second: Mapping[int, float]
) -> Difference | None:
    """Return how much better `first` is than `second`, values of the study's metric by seed.

    See `difference`; None where either has no value.
    """
    if not first or not second:
        return None
    gain = facts.gain(fmean(first.values()), fmean(second.values()))
    seeds = min(len(first), len(second))
    if seeds < 2:  # noqa: PLR2004  # a spread needs two
        return Difference(gain, None, "none", seeds)
    rounding = _ROUNDING * max(map(abs, (*first.values(), *second.values())))
    if first.keys() == second.keys():
        gains = [facts.gain(first[seed], second[seed]) for seed in first]
        if max(gains) - min(gains) > rounding:
            return Difference(gain, estimate(gains).ci95, "paired t", seeds)
    else:
        half = _welch_half_width(list(first.values()), list(second.values()))
        if half > rounding:
            return Difference(gain, (gain - half, gain + half), "Welch t", seeds)
    return Difference(gain if abs(gain) > rounding else 0.0, None, "none", seeds)


def optimism(facts: StudyFacts, found: Mapping[int, Confirmed], trial: int) -> float | None:
    """Return how much better the search's number of `trial` looks than its confirmed mean.

    None where it was not confirmed, or failed on a seed.
    """
    searched = facts.trial(trial)
    if searched is None or searched.value is None or trial not in found or trial in failed(facts):
        return None
    return facts.gain(searched.value, found[trial].validation.mean)


def _welch_half_width(one: Sequence[float], other: Sequence[float]) -> float:
    shares = [variance(values) / len(values) for values in (one, other)]
    total = sum(shares)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(
        share**2 / (len(values) - 1) for share, values in zip(shares, (one, other), strict=True)
    )
    return _t975(freedom) * math.sqrt(total)


def _t975(freedom: float) -> float:
    from scipy.special import stdtrit  # scipy loads slowly; status must not

    return float(stdtrit(freedom, 0.975))
