"""How many examples of the test part each scored configuration got wrong."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.scored import kept, scored


@dataclass(frozen=True)
class Errors:
    """Errors of one configuration: of the training with `seed`, and the mean over all seeds.

    `seed` is that of the kept network where the configuration was trained with it, so that the
    numbers of several configurations are of one seed; otherwise its first.
    """

    trial: TrialFacts
    seed: int
    wrong: int
    of: int
    mean: float
    seeds: int


def errors(facts: StudyFacts) -> tuple[Errors, ...]:
    """Return the errors of every scored configuration whose answers were counted."""
    network = kept(facts)
    found = []
    for trial, runs in scored(facts):
        wrong = {
            run.seed: sum(map(sum, run.confusion)) - _right(run.confusion)
            for run in runs
            if run.confusion
        }
        if not wrong:
            continue
        seed = network.seed if network and network.seed in wrong else next(iter(wrong))
        of = next(sum(map(sum, run.confusion)) for run in runs if run.seed == seed)
        found.append(
            Errors(
                trial=trial,
                seed=seed,
                wrong=wrong[seed],
                of=of,
                mean=fmean(wrong.values()),
                seeds=len(wrong),
            )
        )
    return tuple(found)


def _right(confusion: tuple[tuple[int, ...], ...]) -> int:
    return sum(row[number] for number, row in enumerate(confusion))
