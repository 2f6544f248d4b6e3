"""One search against a clock that only trainings move."""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping
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
class Race:
    """What became of a search: the points at which its best training changed.

    `trials` counts the configurations that were begun, `asking` the seconds of this machine that
    were spent on asking and telling.
    """

    points: list[Point] = field(default_factory=list)
    trials: int = 0
    asking: float = 0.0

    def at(self, cost: float) -> Point | None:
        """Return the best whole training at a cost, None before the first."""
        return next((p for p in reversed(self.points) if p.cost <= cost), None)


@dataclass
class _Training:
    params: Mapping[str, Value]
    curve: Curve
    done: int = 0


def run(
    problem: Problem,
    contestant: Contestant,
    *,
    workers: int,
    budget: float,
    seed: int,
    in_seconds: bool = False,
) -> Race:
    """Let `contestant` search until `workers` have spent `budget`, and return what it found.

    The clock stands while a contestant thinks. Only whole trainings count, by their best epoch, as
    the value of a trial does.
    """
    race = Race()
    trainings: dict[int, _Training] = {}
    queue: list[tuple[float, int, Job]] = []
    events = 0

    def hold(began: float) -> None:
        race.asking += time.perf_counter() - began

    def advance(now: float, job: Job) -> None:
        """Let a worker train one epoch more."""
        nonlocal events
        events += 1
        training = trainings[job.key]
        seconds = training.curve.seconds[training.done] if in_seconds else 1.0
        heapq.heappush(queue, (now + seconds, events, job))

    def begin(now: float) -> None:
        while True:
            began = time.perf_counter()
            job = contestant.ask()
            hold(began)
            if job.key not in trainings:
                race.trials += 1
                curve = problem.curve(job.params, seed * 1_000_003 + job.key)
                trainings[job.key] = _Training(job.params, curve)
            if trainings[job.key].done < job.until:
                return advance(now, job)
            # Everything that it asks for was trained before: it costs nothing to tell it again.
            replay(job)

    def replay(job: Job) -> None:
        began = time.perf_counter()
        training = trainings[job.key]
        for epoch in range(1, job.until + 1):
            at = epoch - 1
            if not contestant.report(
                job, epoch, training.curve.accuracies[at], training.curve.seconds[at]
            ):
                break
        contestant.end(job)
        hold(began)

    for _ in range(workers):
        begin(0.0)
    best = float("-inf")
    while queue:
        now, _, job = heapq.heappop(queue)
        cost = now * workers
        if cost > budget:
            break
        training = trainings[job.key]
        accuracy = training.curve.accuracies[training.done]
        seconds = training.curve.seconds[training.done]
        training.done += 1
        if training.done == problem.epochs:
            seen = max(training.curve.accuracies)
            if seen > best:
                best = seen
                race.points.append(Point(cost, seen, problem.truth(training.params)))
        began = time.perf_counter()
        goes_on = contestant.report(job, training.done, accuracy, seconds)
        ended = not goes_on or training.done >= job.until
        if ended:
            contestant.end(job)
        hold(began)
        if ended:
            begin(now)
        else:
            advance(now, job)
    return race
