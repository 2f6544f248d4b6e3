"""What every way of searching has to answer, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from benchmarks.search.problem import Problem
from nia_optuna.space import Value


@dataclass(frozen=True)
class Job:
    """A configuration to be trained up to the end of epoch `until`, counted from 1.

    Jobs with one `key` are one training: a later one goes on where the earlier one stopped, and
    only the epochs between are paid for.
    """

    key: int
    params: Mapping[str, Value]
    until: int


class Contestant(Protocol):
    """A search as a race sees it: it is asked by free workers and told of every epoch."""

    def ask(self) -> Job:
        """Return what a free worker is to do next; others may still be at work."""

    def report(self, job: Job, epoch: int, accuracy: float, seconds: float) -> bool:
        """Learn one epoch's validation accuracy in percent; return whether the job goes on."""

    def end(self, job: Job) -> None:
        """Learn that a job has ended: it was stopped by `report`, or `until` was reached."""


Make = Callable[[Problem, int, int], Contestant]
"""Begins a search of a problem: with a seed, for so many workers."""
