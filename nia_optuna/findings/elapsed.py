"""How long a search had been at work when each of its trials ended."""

from __future__ import annotations

from nia_optuna.findings.clock import clock, span, trained
from nia_optuna.findings.facts import StudyFacts


def elapsed(facts: StudyFacts) -> dict[int, float] | None:
    """Return seconds by number of every trial that ended; None where they cannot be known.

    They are those of the timeline, see `clock`: the long rests between two runs are left out.
    Trials that took no time at all were copied into the storage, whose times then say nothing.
    """
    ended = [trial for trial in facts.trials if trial.state in ("complete", "pruned", "failed")]
    if not ended or any(span(trial) is None for trial in ended):
        return None
    ticks = clock([its for _, its in trained(facts)])
    if ticks.worked == 0:
        return None
    return {trial.number: ticks.at(trial.told) for trial in ended if trial.told}
