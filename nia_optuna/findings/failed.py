"""Which configurations did not survive their confirmation."""

from collections.abc import Mapping
from dataclasses import dataclass

from nia_optuna.findings.facts import StudyFacts


@dataclass(frozen=True)
class Failed:
    """A configuration that failed on `seeds` of the `of` fresh seeds it was trained with.

    `reason` is that of the first. The mean of the seeds it survived is too good by what it
    leaves out, so it has no place in the choice, in ties or in rankings.
    """

    seeds: int
    of: int
    reason: str


def failed(facts: StudyFacts) -> Mapping[int, Failed]:
    """Return what failed in the confirmation, by trial number.

    A training that left no finite value has failed, too.
    """
    found: dict[int, Failed] = {}
    for trial in dict.fromkeys(run.trial for run in facts.runs):
        runs = [run for run in facts.runs if run.trial == trial]
        lost = [run for run in runs if run.failure or run.validation is None]
        if lost:
            reason = lost[0].failure or "no reason recorded"
            found[trial] = Failed(seeds=len(lost), of=len(runs), reason=reason)
    return found
