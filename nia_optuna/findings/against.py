"""Every confirmed configuration held against the recommended one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nia_optuna.findings.confirmation import Difference, confirmed, difference
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.failed import failed
from nia_optuna.findings.standing import winner


@dataclass(frozen=True)
class Against:
    """How much better `trial` is than the recommended configuration on each part.

    None on a part that either of them has no value on.
    """

    trial: TrialFacts
    validation: Difference | None
    test: Difference | None


def against_winner(facts: StudyFacts) -> Mapping[int, Against]:
    """Return what was confirmed beside the recommended one, by number, best mean first.

    What failed on a seed is compared with nothing, and nothing with a winner that did.
    """
    best, out = winner(facts), failed(facts)
    if best is None or best.number in out:
        return {}
    return {
        number: Against(
            trial,
            difference(facts, number, best.number, "validation"),
            difference(facts, number, best.number, "test"),
        )
        for number in confirmed(facts)
        if number not in out and (trial := facts.trial(number)) is not None and trial is not best
    }
