"""What coordinators say on stderr, read as evidence: their words outlive them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Trainings of the confirmation have their seed behind the trial, so they are none of these.
END = re.compile(
    r"^\[\d+/\d+\] trial (\d+)(?: \(baseline[^)]*\))? (complete|pruned|failed)\b", re.MULTILINE
)
STAGE = re.compile(r": (search|confirmation|pruning check), \d+ of \d+ ", re.MULTILINE)
STATES = {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}


@dataclass(frozen=True)
class End:
    """A coordinator said that a trial came to its end in a state, by Optuna's name."""

    trial: int
    state: str


def ends(said: str) -> Sequence[End]:
    """Return the ends of trials, in their order."""
    return [End(int(number), STATES[state]) for number, state in END.findall(said)]


def stage(said: str) -> str:
    """Return what a coordinator was at: its start, the search, or what comes after it."""
    stages = STAGE.findall(said)
    return stages[-1] if stages else "start"


def last_line(said: str) -> str:
    """Return what it said last, an empty text where it said nothing."""
    return next((line for line in reversed(said.splitlines()) if line.strip()), "")
