"""How long a search had been at work when each of its trials ended."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime
from itertools import accumulate

from nia_optuna.findings.facts import StudyFacts, TrialFacts


def elapsed(facts: StudyFacts) -> dict[int, float] | None:
    """Return seconds by number of every trial that ended; None where they cannot be known.

    Counted is the time in which at least one trial was training, so pauses between two runs are
    left out. A trial that trained for longer than it lasted was added to the storage afterwards,
    which then says nothing of the time.
    """
    spans = [span for trial in facts.trials if (span := _span(trial))]
    ended = [trial for trial in facts.trials if trial.state in ("complete", "pruned", "failed")]
    if not spans or any(_span(trial) is None or not _lasted(trial) for trial in ended):
        return None
    pieces = _merged(sorted(spans))
    before = _before(pieces)
    return {trial.number: _within(pieces, before, trial.told) for trial in ended if trial.told}


def _span(trial: TrialFacts) -> tuple[datetime, datetime] | None:
    if trial.asked is None or trial.told is None:
        return None
    return trial.asked, max(trial.asked, trial.told)


def _lasted(trial: TrialFacts) -> bool:
    if trial.seconds is None or trial.asked is None or trial.told is None:
        return True
    return trial.seconds <= (trial.told - trial.asked).total_seconds() + 1


def _merged(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    pieces = [spans[0]]
    for start, end in spans[1:]:
        begun, last = pieces[-1]
        if start <= last:
            pieces[-1] = begun, max(last, end)
        else:
            pieces.append((start, end))
    return pieces


def _before(pieces: list[tuple[datetime, datetime]]) -> list[float]:
    """Return how many seconds all pieces before each of them last."""
    lengths = [(end - start).total_seconds() for start, end in pieces]
    return list(accumulate(lengths[:-1], initial=0.0))


def _within(pieces: list[tuple[datetime, datetime]], before: list[float], told: datetime) -> float:
    # The last piece that began before; one that took no time may begin at `told` itself.
    place = max(0, bisect_left(pieces, told, key=lambda piece: piece[0]) - 1)
    start, end = pieces[place]
    return before[place] + max(0.0, (min(end, told) - start).total_seconds())
