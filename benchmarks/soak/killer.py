"""Who dies next, and when: drawn at random, counted by what it was doing."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.soak.coordinator import Coordinator

Victim = Literal["trainer", "coordinator"]


@dataclass(frozen=True)
class Pace:
    """Seconds between kills in the mean, and which share of them hits a coordinator."""

    seconds: float
    coordinators: float


class Killer:
    """Kills one of a team's processes whenever the next kill is due.

    `kills` counts them by victim and by what the coordinator was at. Who it will be, a trainer or
    a coordinator, is drawn beforehand: else coordinators that have no trainers yet would be killed
    over and over.
    """

    def __init__(self, pace: Pace, rng: random.Random) -> None:
        self._pace, self._rng = pace, rng
        self.kills: Counter[tuple[Victim, str]] = Counter()
        self._draw()

    def strike(self, team: Sequence[Coordinator]) -> None:
        """Kill what is due, if it is there."""
        living = [each for each in team if not each.through]
        if time.monotonic() < self._due or not living:
            return
        struck = self._rng.choice(living)
        stage = struck.stage
        if self._next == "coordinator":
            died = struck.kill()
        else:
            trainers = struck.trainers()
            died = bool(trainers) and killed(self._rng.choice(trainers))
        if died:
            self.kills[self._next, stage] += 1
            self._draw()

    def _draw(self) -> None:
        self._due = time.monotonic() + self._rng.expovariate(1 / self._pace.seconds)
        chosen = self._rng.random() < self._pace.coordinators
        self._next: Victim = "coordinator" if chosen else "trainer"


def killed(pid: int) -> bool:
    """Kill a process; return whether it was there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
