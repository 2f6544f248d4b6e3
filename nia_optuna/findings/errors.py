"""How many examples of the test part each scored configuration got wrong, and what for what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from nia_optuna.findings.by_class import Counts, class_names
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.scored import kept, scored


@dataclass(frozen=True)
class Confused:
    """A class that was taken for another one, `times` often."""

    true: str
    taken_for: str
    times: int


@dataclass(frozen=True)
class Errors:
    """Errors of one configuration: of the training with `seed`, and the mean over all seeds.

    `seed` is that of the kept network where the configuration was trained with it, so that the
    numbers of several configurations are of one seed; otherwise its first. `confused` is what
    happened most often with that seed: more than one where they are level, none without errors.
    """

    trial: TrialFacts
    seed: int
    wrong: int
    of: int
    mean: float
    seeds: int
    confused: tuple[Confused, ...]


def errors(facts: StudyFacts) -> tuple[Errors, ...]:
    """Return the errors of every scored configuration whose answers were counted."""
    network = kept(facts)
    found = []
    for trial, runs in scored(facts):
        counted = {run.seed: run.confusion for run in runs if run.confusion}
        if not counted:
            continue
        wrong = {seed: sum(map(sum, counts)) - _right(counts) for seed, counts in counted.items()}
        seed = network.seed if network and network.seed in wrong else next(iter(wrong))
        found.append(
            Errors(
                trial=trial,
                seed=seed,
                wrong=wrong[seed],
                of=sum(map(sum, counted[seed])),
                mean=fmean(wrong.values()),
                seeds=len(wrong),
                confused=most_confused(counted[seed], facts.dataset.class_names),
            )
        )
    return tuple(found)


def most_confused(counts: Counts, names: Sequence[str]) -> tuple[Confused, ...]:
    """Return the most frequent mistakes of a confusion, by class; `names` as far as known."""
    named = class_names(len(counts), names)
    mistakes = [
        Confused(named[true], named[taken_for], times)
        for true, row in enumerate(counts)
        for taken_for, times in enumerate(row)
        if times and taken_for != true
    ]
    most = max((each.times for each in mistakes), default=0)
    return tuple(each for each in mistakes if each.times == most)


def _right(counts: Counts) -> int:
    return sum(row[number] for number, row in enumerate(counts))
