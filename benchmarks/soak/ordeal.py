"""Studies run from their beginning to their end while their processes are killed at random."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.soak.audit import ENDED, Evidence
from benchmarks.soak.coordinator import QUESTION, Coordinator, line
from benchmarks.soak.killer import Killer, Pace, Victim
from benchmarks.soak.sight import Sight, look
from nia_optuna.load import load

TICK, LOOK = 0.03, 0.5  # seconds between two questions whether a kill is due, and two looks
PATIENCE = 900.0  # seconds after which a study that has not ended never will


@dataclass(frozen=True)
class Place:
    """A storage by its URL, a folder for all else, and how many coordinators may share a study."""

    url: str
    folder: Path
    coordinators: Sequence[int]


@dataclass(frozen=True)
class Ordeal:
    """What a study went through: `gave_up` counts coordinators that said too many trainers died.

    `troubles` are ends that no kill explains.
    """

    evidence: Evidence
    gave_up: int
    troubles: Sequence[str]


@dataclass(frozen=True)
class Soaked:
    """All studies, and the kills by victim and by what its coordinator was at."""

    ordeals: Sequence[Ordeal]
    kills: Counter[tuple[Victim, str]]
    seconds: float

    @property
    def stages(self) -> Counter[str]:
        """The kills by what the coordinator was at."""
        counted: Counter[str] = Counter()
        for (_, stage), count in self.kills.items():
            counted[stage] += count
        return counted

    def killed(self, victim: Victim) -> int:
        """Return how many of a kind were killed."""
        return sum(count for (who, _), count in self.kills.items() if who == victim)


def soak(place: Place, pace: Pace, seed: int, over: Callable[[int], bool]) -> Soaked:
    """Run one study after the other, one at least, until `over` says so of the kills so far.

    The last one then ends undisturbed.
    """
    rng = random.Random(seed)  # noqa: S311  # no secret is drawn
    began = time.monotonic()
    killer, ordeals = Killer(pace, rng), list[Ordeal]()
    while not ordeals or not over(killer.kills.total()):
        ordeals.append(_endure(f"soak-{len(ordeals)}", place, killer, rng, over))
    seconds = time.monotonic() - began
    # Looked at again: what was killed later shared the storage with those before.
    return Soaked([_left(each, place) for each in ordeals], killer.kills, seconds)


def _endure(
    study: str, place: Place, killer: Killer, rng: random.Random, over: Callable[[int], bool]
) -> Ordeal:
    """Run a study until all its coordinators are through."""
    command = line(study, place.url, place.folder, rng.randrange(2**31))
    seen: dict[int, Sight] = {}
    troubles: list[str] = []
    began = looked = time.monotonic()
    with ExitStack() as stack:
        team: list[Coordinator] = []
        for number in range(rng.choice(place.coordinators)):
            team.append(Coordinator(command, place.folder / "said" / study / str(number)))
            stack.callback(team[-1].close)
        while not all(each.through for each in team):
            time.sleep(TICK)
            if not over(killer.kills.total()):
                killer.strike(team)
            for each in team:
                each.mind()
            if time.monotonic() - looked > LOOK:
                _note(seen, look(place.url, study) or {})
                looked = time.monotonic()
            if looked - began > PATIENCE:
                troubles.append(f"it did not end within {PATIENCE:.0f} s")
                break
    for each in team:
        troubles += each.troubles
    left = look(place.url, study) or {}
    _note(seen, left)
    budget = load(str(QUESTION)).budget.trials
    said = [end for each in team for end in each.ends]
    evidence = Evidence(study, budget, seen, said, left)
    gave_up = sum(each.gave_up for each in team)
    return Ordeal(evidence, gave_up, [f"{study}: {trouble}" for trouble in troubles])


def _left(ordeal: Ordeal, place: Place) -> Ordeal:
    evidence = ordeal.evidence
    left = look(place.url, evidence.study) or {}
    return replace(ordeal, evidence=replace(evidence, left=left))


def _note(seen: dict[int, Sight], now: dict[int, Sight]) -> None:
    """Keep the ended trials that had not been seen as such, as they stand now."""
    for number, sight in now.items():
        if sight.state in ENDED:
            seen.setdefault(number, sight)
