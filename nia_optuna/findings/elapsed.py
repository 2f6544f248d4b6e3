"""How long a search had been at work when each of its trials ended."""

from __future__ import annotations

from datetime import datetime

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
    return {trial.number: _within(pieces, trial.told) for trial in ended if trial.told}


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


def _within(pieces: list[tuple[datetime, datetime]], moment: datetime) -> float:
    return sum(
        (min(end, moment) - start).total_seconds() for start, end in pieces if start < moment
    )
