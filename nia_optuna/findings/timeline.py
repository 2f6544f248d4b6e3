"""When which worker trained what, on a clock that stands still while nobody does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from heapq import heappop, heappush

from nia_optuna.findings.clock import clock, merged, trained
from nia_optuna.findings.facts import State, StudyFacts

LEAST = 1.0
"""Seconds of work below which there is nothing to see."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Bar:
    """One trial on its worker's lane, from `start` to `end` in seconds on the clock."""

    trial: int
    state: State
    lane: int
    start: float
    end: float


@dataclass(frozen=True)
class Pause:
    """At that second of the clock nobody trained for `seconds`, which are cut out."""

    at: float
    seconds: float


@dataclass(frozen=True)
class Timeline:
    """The search by worker. `seconds` is how long the clock ran.

    `busy` has for every lane the share of that time in which it trained. Where `recorded` is
    false the storage does not name workers, and there are as many lanes as trials ran at once.
    Else the first `slots` lanes are the workers of one coordinator, the next those of one that was
    at work beside it, and so on.
    """

    bars: tuple[Bar, ...]
    pauses: tuple[Pause, ...]
    seconds: float
    busy: dict[int, float]
    recorded: bool
    slots: int

    @property
    def shared(self) -> bool:
        """Whether several coordinators were at work at once."""
        return self.recorded and any(lane >= self.slots for lane in self.busy)


def timeline(facts: StudyFacts) -> Timeline | None:
    """Return the timeline of all trials whose times are known, None where it shows nothing.

    A bar is the last attempt at a trial, see `clock.span`, and its seconds are those of `clock`.
    """
    had = trained(facts)
    if not had:
        return None
    ticks = clock([span for _, span in had])
    if ticks.worked < LEAST:
        return None
    recorded = any(trial.worker is not None for trial, _ in had)
    bars = [
        Bar(trial.number, trial.state, trial.worker or 0, ticks.at(start), ticks.at(end))
        for trial, (start, end) in had
    ]
    slots = 1 + max(0, *(bar.lane for bar in bars))
    bars = _apart(bars, [trial.coordinator for trial, _ in had], slots)
    bars = sorted(bars if recorded else _packed(bars), key=lambda bar: (bar.lane, bar.start))
    whole = max(bar.end for bar in bars)
    lanes = sorted({bar.lane for bar in bars})
    return Timeline(
        bars=tuple(bars),
        pauses=tuple(Pause(ticks.at(start), (end - start) / _SECOND) for start, end in ticks.rests),
        seconds=whole,
        busy={lane: _busy([bar for bar in bars if bar.lane == lane]) / whole for lane in lanes},
        recorded=recorded,
        slots=slots,
    )


def _apart(bars: Sequence[Bar], names: Sequence[str | None], slots: int) -> list[Bar]:
    """Return the bars with lanes of their own for coordinators that were at work at once.

    Those that came one after the other, as every run has a name of its own, share their lanes.
    """
    works = {}
    for place, name in enumerate(dict.fromkeys(names)):
        mine = [bar for bar, of in zip(bars, names, strict=True) if of == name]
        start, end = min(bar.start for bar in mine), max(bar.end for bar in mine)
        works[name] = Bar(place, "complete", 0, start, end)
    rows = {each.trial: each.lane for each in _packed(list(works.values()))}
    return [
        replace(bar, lane=bar.lane + slots * rows[works[name].trial])
        for bar, name in zip(bars, names, strict=True)
    ]


def _packed(bars: Sequence[Bar]) -> list[Bar]:
    """Return the bars on as few lanes as hold them without overlap."""
    free: list[tuple[float, int]] = []
    lanes, packed = 0, []
    for bar in sorted(bars, key=lambda bar: (bar.start, bar.trial)):
        if free and free[0][0] <= bar.start:
            _, lane = heappop(free)
        else:
            lane, lanes = lanes, lanes + 1
        heappush(free, (bar.end, lane))
        packed.append(replace(bar, lane=lane))
    return packed


def _busy(bars: Sequence[Bar]) -> float:
    return sum(end - start for start, end in merged((bar.start, bar.end) for bar in bars))
