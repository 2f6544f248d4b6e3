"""Progress as plain lines, for files, pipes and continuous integration."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from nia_optuna.cli.progress import Progress, duration_text, step, training_text, value_text
from nia_optuna.search.watch import Ended, Event, Opened, Said, Started, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def plain(stream: TextIO, clock: Callable[[], float] = time.monotonic) -> Iterator[Watch]:
    """Write a line to `stream` for every stage, ended training and remark; none for an epoch."""
    progress: Progress | None = None

    def watch(event: Event) -> None:
        nonlocal progress
        before, progress = progress, step(progress, event, clock())
        for line in lines(event, before, progress, clock()):
            print(line, file=stream, flush=True)

    yield watch


def lines(event: Event, before: Progress | None, after: Progress | None, now: float) -> list[str]:
    """Return what to write about `event`, which led from `before` to `after`."""
    if isinstance(event, Said):
        return [event.text]
    if isinstance(event, Opened):
        return [_stage_line(event)]
    if isinstance(event, Ended) and after is not None:
        run = before.running.get((event.trial, event.seed)) if before else None
        started = run.started if run else Started(event.trial, event.seed, {}, None, 1)
        return [_ended_line(event, started, after, now)]
    return []


def _stage_line(event: Opened) -> str:
    things = "trials" if event.stage == "search" else "trainings"
    workers = f"{event.workers} worker{'s' if event.workers != 1 else ''} on {event.device}"
    return (
        f"{event.study}: {event.stage}, {event.done} of {event.total} {things} done, "
        f"up to {event.epochs} epochs each, {workers}"
    )


def _ended_line(event: Ended, started: Started, after: Progress, now: float) -> str:
    metric, stage = after.opened.metric, after.opened.stage
    value = f" {value_text(metric, event.value)}" if event.value is not None else ""
    reason = f": {event.reason}" if event.reason else ""
    # Later stages train again what the search has found: its best is no news there.
    known = after.best if stage == "search" else None
    best = f", best {value_text(metric, known)}" if known is not None else ""
    left = after.seconds_left(now)
    rest = f", {duration_text(left)} left" if left else ""
    return (
        f"[{event.done}/{after.opened.total}] "
        f"{training_text(started, with_seed=stage == 'confirmation')} "
        f"{event.state}{value}{reason}{best}{rest}"
    )
