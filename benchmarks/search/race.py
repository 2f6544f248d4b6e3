"""One search against a clock that only trainings move."""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.search.contestant import Contestant, Job
from benchmarks.search.problem import Curve, Problem
from nia_optuna.space import Value


@dataclass(frozen=True)
class Point:
    """From `cost` on the best whole training so far had `seen` percent, its configuration `true`.

    `cost` is in epochs or seconds of all workers together.
    """

    cost: float
    seen: float
    true: float


@dataclass
class _Training:
    """A configuration's curve and how many of its epochs were trained."""

    params: Mapping[str, Value]
    curve: Curve
    done: int = 0


@dataclass
class Race:
    """Lets a contestant search a problem until `workers` together have spent `budget`.

    The clock stands while a contestant thinks. Only whole trainings count, by their best epoch, as
    the value of a trial does. `points` are where the best of them changed; `asking` are the
    seconds of this machine that were spent on asking and telling.
    """

    problem: Problem
    contestant: Contestant
    workers: int
    budget: float
    seed: int
    in_seconds: bool = False
    points: list[Point] = field(default_factory=list)
    asking: float = 0.0

    def __post_init__(self) -> None:
        self._trainings: dict[int, _Training] = {}
        self._queue: list[tuple[float, int, Job]] = []
        self._events = 0

    @property
    def trials(self) -> int:
        """How many configurations were begun."""
        return len(self._trainings)

    def at(self, cost: float) -> Point | None:
        """Return the best whole training at a cost, None before the first."""
        return next((p for p in reversed(self.points) if p.cost <= cost), None)

    def run(self) -> None:
        """Search until the budget is spent."""
        for _ in range(self.workers):
            self._begin(0.0)
        while True:
            now, _, job = heapq.heappop(self._queue)
            if now * self.workers > self.budget:
                return
            if self._told(now, job):
                self._advance(now, job)
            else:
                self._begin(now)

    def _begin(self, now: float) -> None:
        """Give a free worker something to train."""
        while True:
            with self._thinking():
                job = self.contestant.ask()
            if job.key not in self._trainings:
                curve = self.problem.curve(job.params, self.seed * 1_000_003 + job.key)
                self._trainings[job.key] = _Training(job.params, curve)
            if self._trainings[job.key].done < job.until:
                self._advance(now, job)
                return
            # All that it asks for was trained before, and costs nothing to be told again.
            with self._thinking():
                self.contestant.end(job)

    def _advance(self, now: float, job: Job) -> None:
        """Let a worker train one epoch more."""
        training = self._trainings[job.key]
        lasts = training.curve.seconds[training.done] if self.in_seconds else 1.0
        self._events += 1
        heapq.heappush(self._queue, (now + lasts, self._events, job))

    def _told(self, now: float, job: Job) -> bool:
        """Tell of the epoch that has just ended; return whether the job goes on."""
        training = self._trainings[job.key]
        curve, epoch = training.curve, training.done + 1
        training.done = epoch
        if epoch == self.problem.epochs:
            self._judge(now * self.workers, training)
        with self._thinking():
            accuracy, seconds = curve.accuracies[epoch - 1], curve.seconds[epoch - 1]
            goes_on = self.contestant.report(job, epoch, accuracy, seconds)
            if not goes_on or epoch >= job.until:
                self.contestant.end(job)
                return False
        return True

    def _judge(self, cost: float, training: _Training) -> None:
        seen = max(training.curve.accuracies)
        if not self.points or seen > self.points[-1].seen:
            self.points.append(Point(cost, seen, self.problem.truth(training.params)))

    @contextmanager
    def _thinking(self) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.asking += time.perf_counter() - began
