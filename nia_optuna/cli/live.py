"""Progress as a live view, for a person at a terminal."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nia_optuna.cli.plain import lines
from nia_optuna.cli.progress import (
    Progress,
    Running,
    duration_text,
    step,
    training_text,
    value_text,
)
from nia_optuna.search.watch import Ended, Event, Opened, Said, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nia_optuna.metric import Metric

BAR_WIDTH = 16


def can_redraw(console: Console) -> bool:
    """Return whether what a console shows can be drawn again in its place."""
    return console.is_terminal and not console.is_dumb_terminal


@contextmanager
def live(console: Console, clock: Callable[[], float] = time.monotonic) -> Iterator[Watch]:
    """Show the stage and every running training at the foot of the terminal.

    Remarks, new bests and failures scroll above it and stay.
    """
    progress: Progress | None = None

    def watch(event: Event) -> None:
        nonlocal progress
        before, progress = progress, step(progress, event, clock())
        if _stays(event, before):
            for line in lines(event, before, progress, clock()):
                console.print(Text(line))

    def picture() -> RenderableType:
        return view(progress, clock()) if progress is not None else Text("")

    with Live(console=console, get_renderable=picture, refresh_per_second=4):
        yield watch


def view(progress: Progress, now: float) -> RenderableType:
    """Return the picture of a stage: what is done, the best so far, a line for every training."""
    metric = progress.opened.metric
    rows = Table.grid(padding=(0, 2), expand=True)
    for _ in range(4):
        rows.add_column(no_wrap=True)
    rows.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    for _, run in sorted(progress.running.items()):
        rows.add_row(*_row(run, metric, progress))
    return Group(_heading(progress), _figures(progress, now), rows)


def _heading(progress: Progress) -> RenderableType:
    stage = progress.opened
    things = "trials" if stage.stage == "search" else "trainings"
    line = Table.grid(padding=(0, 2))
    line.add_row(
        Text.assemble((stage.study, "bold"), f" · {stage.stage}"),
        ProgressBar(total=max(stage.total, 1), completed=progress.done, width=2 * BAR_WIDTH),
        f"{progress.done}/{stage.total} {things}",
        f"{stage.workers} × {stage.device}",  # noqa: RUF001  # times, not the letter
    )
    return line


def _figures(progress: Progress, now: float) -> Text:
    metric = progress.opened.metric
    figures = [f"best {value_text(metric, progress.best)}"]
    if progress.baseline is not None:
        figures.append(f"baseline {value_text(metric, progress.baseline)}")
    if progress.failed:
        figures.append(f"{progress.failed} failed")
    if (pace := progress.epochs_a_second(now)) is not None:
        figures.append(f"{pace:.2g} epochs/s")
    if (left := progress.seconds_left(now)) is not None:
        figures.append(f"{duration_text(left)} left")
    return Text(" · ".join(figures), style="dim")


def _row(run: Running, metric: Metric, progress: Progress) -> tuple[RenderableType, ...]:
    epochs = run.started.epochs
    number = run.epoch.number if run.epoch else 0
    value = run.epoch.metric(metric) if run.epoch else None
    with_seed = progress.opened.stage == "confirmation"
    params = ", ".join(f"{name} {_short(value)}" for name, value in run.started.params.items())
    return (
        Text(training_text(run.started, with_seed=with_seed)),
        ProgressBar(total=epochs, completed=number, width=BAR_WIDTH),
        Text(f"{number}/{epochs}"),
        Text(value_text(metric, value)),
        Text(params, style="dim"),
    )


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _stays(event: Event, before: Progress | None) -> bool:
    """Return whether `event` deserves a line that stays when the view moves on."""
    if isinstance(event, Ended):
        best = before.best if before else None
        return event.state == "failed" or (event.best is not None and event.best != best)
    return isinstance(event, Said | Opened)
