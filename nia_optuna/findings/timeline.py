"""When which worker trained what, on a clock that stands still while nobody does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import accumulate, pairwise

from nia_optuna.findings.facts import State, StudyFacts, TrialFacts

LEAST = 1.0
"""Seconds of work below which there is nothing to see."""
_PART = 0.1  # of the working time: a longer rest is a pause
_LEAST_PAUSE = 5.0  # seconds
_SLACK = 1.05
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

    A trial is drawn before its worker is free, so its bar reaches back from its end by the time
    that it trained, where that is recorded. Trials whose times cannot be (they were copied into
    the storage) are left out. A pause is a rest of all workers that lasts longer than five seconds
    and a tenth of the time in which anybody trained.
    """
    known = [(trial, times) for trial in facts.trials if (times := _times(trial)) is not None]
    recorded = any(trial.worker is not None for trial, _ in known)
    kept = [(t, times) for t, times in known if t.worker is not None or not recorded]
    if not kept:
        return None
    first = min(start for _, (start, _) in kept)
    bars = [
        Bar(t.number, t.state, t.worker or 0, (start - first) / _SECOND, (end - first) / _SECOND)
        for t, (start, end) in kept
    ]
    slots = 1 + max(0, *(bar.lane for bar in bars))
    bars = _apart(bars, [trial.coordinator for trial, _ in kept], slots)
    together = _merged((bar.start, bar.end) for bar in bars)
    worked = sum(end - start for start, end in together)
    if worked < LEAST:
        return None
    bars, pauses = _cut(bars, together, max(_LEAST_PAUSE, _PART * worked))
    bars = sorted(bars if recorded else _packed(bars), key=lambda bar: (bar.lane, bar.start))
    whole = max(bar.end for bar in bars)
    lanes = sorted({bar.lane for bar in bars})
    return Timeline(
        bars=tuple(bars),
        pauses=tuple(pauses),
        seconds=whole,
        busy={lane: _busy([bar for bar in bars if bar.lane == lane]) / whole for lane in lanes},
        recorded=recorded,
        slots=slots,
    )


def _times(trial: TrialFacts) -> tuple[datetime, datetime] | None:
    if trial.state not in ("complete", "pruned", "failed"):
        return None
    if trial.asked is None or trial.told is None or trial.told < trial.asked:
        return None
    if trial.seconds is None:
        return trial.asked, trial.told
    took = timedelta(seconds=trial.seconds)
    # Clocks are put right now and then.
    possible = took <= _SLACK * (trial.told - trial.asked) + _SECOND / 10
    return (trial.told - took, trial.told) if possible else None


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


def _merged(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the spans in which at least one of `spans` is, by their start."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _cut(
    bars: Sequence[Bar], together: Sequence[tuple[float, float]], longest: float
) -> tuple[list[Bar], list[Pause]]:
    """Return the bars on a clock without the rests that are longer, and these as pauses."""
    rests = [
        (end, start - end) for (_, end), (start, _) in pairwise(together) if start - end > longest
    ]
    moved = []
    for bar in bars:
        lost = sum(rest for at, rest in rests if at <= bar.start)
        moved.append(replace(bar, start=bar.start - lost, end=bar.end - lost))
    gone = [0.0, *accumulate(rest for _, rest in rests)]
    return moved, [
        Pause(at - before, rest) for (at, rest), before in zip(rests, gone, strict=False)
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
    return sum(end - start for start, end in _merged((bar.start, bar.end) for bar in bars))
