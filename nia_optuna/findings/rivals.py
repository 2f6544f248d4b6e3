"""The recommended configuration against every baseline: whether it is shown to be better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nia_optuna.findings.confirmation import Difference, difference
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.failed import failed
from nia_optuna.findings.standing import baselines, winner

Verdict = Literal["beats it", "is not shown to beat it", "is worse than it"]
"""What the recommended configuration does to a baseline."""


@dataclass(frozen=True)
class Rival:
    """A confirmed baseline, and how much better the recommended configuration is on `part`."""

    trial: TrialFacts
    part: Literal["test", "validation"]
    difference: Difference

    @property
    def verdict(self) -> Verdict:
        """What the 95 % interval of the difference says of the recommended configuration.

        Without an interval nothing is shown.
        """
        if self.difference.tied is not False:
            return "is not shown to beat it"
        return "beats it" if self.difference.gain > 0 else "is worse than it"


def rivals(facts: StudyFacts) -> tuple[Rival, ...]:
    """Return every confirmed baseline but the winner, the defaults first.

    They are compared on the test part, or on validation where either never met the test part.
    What failed on a seed is compared with nothing.
    """
    best, out = winner(facts), failed(facts)
    if best is None or best.number in out:
        return ()
    found = []
    for trial in baselines(facts):
        if trial is best or trial.number in out:
            continue
        on_test = difference(facts, best.number, trial.number, "test")
        against = on_test or difference(facts, best.number, trial.number, "validation")
        if against is not None:
            found.append(Rival(trial, "test" if on_test else "validation", against))
    return tuple(found)
