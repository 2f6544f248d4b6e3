"""The one clock of a search: it runs from the first training on, and stands still in long rests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from nia_optuna.findings.facts import StudyFacts, TrialFacts

Span = tuple[datetime, datetime]
"""From when to when."""
Moment = TypeVar("Moment", float, datetime)
_PART = 0.1  # of the working time: a longer rest is not counted
_LEAST = 5.0  # seconds
_SLACK = 1.05
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Clock:
    """Counts the seconds from `first` on, without `rests`: nobody trained in these.

    `worked` are the seconds in which anybody did.
    """

    first: datetime
    rests: tuple[Span, ...]
    worked: float

    def at(self, time: datetime) -> float:
        """Return what the clock shows, in seconds; 0 before it runs."""
        rested = sum(
            (min(end, time) - start for start, end in self.rests if start < time), timedelta()
        )
        return max(0.0, (time - self.first - rested) / _SECOND)


def clock(spans: Sequence[Span]) -> Clock:
    """Return the clock of trainings, one at least.

    It stands still while all workers rest for longer than five seconds and for longer than a tenth
    of the time in which anybody trained.
    """
    together = merged(spans)
    worked = sum((end - start) / _SECOND for start, end in together)
    longest = max(_LEAST, _PART * worked) * _SECOND
    gaps = ((end, start) for (_, end), (start, _) in pairwise(together))
    rests = tuple((end, start) for end, start in gaps if start - end > longest)
    return Clock(together[0][0], rests, worked)


def span(trial: TrialFacts) -> Span | None:
    """Return when a trial that has ended trained in its last attempt; None where nobody knows.

    Without `begun` that is taken to be as long before its end as it trained: a trial is drawn
    before a worker is free. Where it trained for longer than it lasted it was copied into the
    storage, whose times then say nothing.
    """
    if trial.state not in ("complete", "pruned", "failed"):
        return None
    if trial.asked is None or trial.told is None or trial.told < (trial.begun or trial.asked):
        return None
    if trial.begun is not None:
        return trial.begun, trial.told
    if trial.seconds is None:
        return trial.asked, trial.told
    took = trial.seconds * _SECOND
    # Clocks are put right now and then.
    possible = took <= _SLACK * (trial.told - trial.asked) + _SECOND / 10
    return (trial.told - took, trial.told) if possible else None


def trained(facts: StudyFacts) -> list[tuple[TrialFacts, Span]]:
    """Return the trials whose times are known and when they trained.

    Where the storage names workers, those that none had are left out.
    """
    known = [(trial, its) for trial in facts.trials if (its := span(trial)) is not None]
    recorded = any(trial.worker is not None for trial, _ in known)
    return [(trial, its) for trial, its in known if trial.worker is not None or not recorded]


def merged(spans: Iterable[tuple[Moment, Moment]]) -> list[tuple[Moment, Moment]]:
    """Return the spans in which at least one of `spans` is, by their start."""
    found: list[tuple[Moment, Moment]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
