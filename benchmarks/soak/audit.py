"""What must be true of a study whose processes were killed: pure functions of the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from benchmarks.soak.sight import Sight
from benchmarks.soak.words import End
from nia_optuna.search.ledger import RETRIES

FINISHED = ("COMPLETE", "PRUNED")
ENDED = (*FINISHED, "FAIL")


@dataclass(frozen=True)
class Evidence:
    """What is known of a study that was asked for `budget` finished trials.

    `seen` are its ended trials as they stood when they were first seen so, `said` the ends that
    its coordinators told, and `left` its trials when all was over.
    """

    study: str
    budget: int
    seen: Mapping[int, Sight]
    said: Sequence[End]
    left: Mapping[int, Sight]

    def count(self, *states: str) -> int:
        """Return how many trials were left in any of `states`."""
        return sum(trial.state in states for trial in self.left.values())


@dataclass(frozen=True)
class Faults:
    """What is wrong in a study, a sentence each. All empty: nothing is."""

    lost: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    off_budget: tuple[str, ...] = ()
    failed_for_nothing: tuple[str, ...] = ()

    @property
    def all(self) -> list[str]:
        """Every sentence."""
        return [each for field in fields(self) for each in getattr(self, field.name)]


def audit(evidence: Evidence) -> Faults:
    """Return what is wrong in a study after its end."""
    finished = evidence.count(*FINISHED)
    of = f"{evidence.study}: "
    return Faults(
        lost=tuple(of + each for each in _lost(evidence)),
        twice=tuple(of + each for each in _twice(evidence)),
        unfinished=tuple(
            f"{of}trial {trial.number} is {trial.state}"
            for trial in evidence.left.values()
            if trial.state not in ENDED
        ),
        off_budget=(
            () if finished == evidence.budget else (f"{of}{finished} of {evidence.budget} trials",)
        ),
        failed_for_nothing=tuple(
            f"{of}trial {trial.number} failed after {trial.attempts} attempts: {trial.failure}"
            for trial in evidence.left.values()
            if trial.state == "FAIL" and not (trial.attempts > RETRIES and "died" in trial.failure)
        ),
    )


def _lost(evidence: Evidence) -> Iterator[str]:
    """Yield ended trials that are gone or others now, and epochs that were told but not stored."""
    for number, before in evidence.seen.items():
        after = evidence.left.get(number)
        if after is None:
            yield f"trial {number} is gone"
            continue
        changed = [
            f.name for f in fields(Sight) if getattr(before, f.name) != getattr(after, f.name)
        ]
        if changed:
            yield f"trial {number} has another {', another '.join(changed)}"
    for end in evidence.said:
        left = evidence.left.get(end.trial)
        if left is None or left.state != end.state:
            is_now = "gone" if left is None else left.state
            yield f"trial {end.trial} was said to be {end.state} and is {is_now}"
    for trial in evidence.left.values():
        missing = {epoch["number"] for epoch in trial.curve} - set(trial.steps)
        if missing and trial.state in FINISHED:
            yield f"epochs {sorted(missing)} of trial {trial.number} were never reported"


def _twice(evidence: Evidence) -> Iterator[str]:
    """Yield trials that ended more than once, or whose curve two trainings have told."""
    for number, times in Counter(end.trial for end in evidence.said).items():
        if times > 1:
            yield f"trial {number} was said to have ended {times} times"
    for number, before in evidence.seen.items():
        after = evidence.left.get(number)
        if after is not None and after.ended != before.ended:
            yield f"trial {number} ended at {before.ended} and again at {after.ended}"
    for trial in evidence.left.values():
        told = [epoch["number"] for epoch in trial.curve]
        if told != list(range(1, len(told) + 1)):
            yield f"the curve of trial {trial.number} tells the epochs {told}"
