"""What was measured, and how it compares with the usual loop."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from benchmarks.throughput.cases import USUAL


@dataclass(frozen=True)
class Figure:
    """Training examples a second of one way to train a case, round by round."""

    case: str
    way: str
    members: int
    processes: int
    rates: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.rates)


@dataclass(frozen=True)
class Best:
    """The way of a case with the highest median on so many processes, against the usual loop."""

    case: str
    processes: int
    way: str
    ratios: tuple[float, ...]
    median: float


def best(reached: Sequence[Figure]) -> list[Best]:
    """Return the best way of every case, in one process and on all cores."""
    found = []
    for case, group in groupby(reached, key=lambda each: each.case):
        usual, *others = group
        for processes in sorted({each.processes for each in others}, reverse=True):
            first = max((o for o in others if o.processes == processes), key=lambda o: o.median)
            ratios = compared(first, usual)
            found.append(Best(case, processes, first.way, ratios, statistics.median(ratios)))
    return found


def compared(figure: Figure, usual: Figure) -> tuple[float, ...]:
    """Return how many times the usual loop a way was in each round."""
    return tuple(mine / theirs for mine, theirs in zip(figure.rates, usual.rates, strict=True))


def every(reached: Sequence[Figure]) -> list[str]:
    """Return the figures as Markdown, each beside the usual loop of its case."""
    usually = {each.case: each for each in reached if each.way == USUAL}
    rows = [
        f"| {each.case} | {each.way} | {each.processes} | {each.median:,.0f} | "
        f"{min(each.rates):,.0f} to {max(each.rates):,.0f} | "
        f"{statistics.median(compared(each, usually[each.case])):.1f} |"
        for each in reached
    ]
    head = (
        "| training | way | processes | examples a second | over the rounds | "
        "times the usual loop |"
    )
    return [head, "|:--|:--|--:|--:|--:|--:|", *rows]


def headlines(reached: Sequence[Figure]) -> list[str]:
    """Return as Markdown what the best way of every case makes of this machine."""
    rows = [
        f"| {each.case} | {each.processes} | {each.way} | {each.median:.1f} | "
        f"{min(each.ratios):.1f} to {max(each.ratios):.1f} |"
        for each in best(reached)
    ]
    head = "| training | processes | best way | times the usual loop | over the rounds |"
    return [head, "|:--|--:|:--|--:|--:|", *rows]
