"""Where a stage of a run stands: a value that grows with every event. Draws nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from nia_optuna.record import DEFAULTS
from nia_optuna.search.watch import Advanced, Ended, Event, Opened, Started

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nia_optuna.metric import Metric
    from nia_optuna.training.epoch import Epoch

Run = tuple[int, int]
"""A training: the numbers of its trial and its seed."""


@dataclass(frozen=True)
class Running:
    """A training in progress; `epoch` is the last one it finished."""

    started: Started
    epoch: Epoch | None = None


@dataclass(frozen=True)
class Progress:
    """One stage, as far as its events tell. Times are seconds on a monotonic clock.

    `before` trainings were there when the stage was opened; `baseline` is the value of the
    study's defaults, once known; `epochs` counts those finished since.
    """

    opened: Opened
    begun: float
    before: int
    done: int
    best: float | None
    baseline: float | None = None
    failed: int = 0
    epochs: int = 0
    running: Mapping[Run, Running] = field(default_factory=lambda: MappingProxyType({}))

    def after(self, event: Event) -> Progress:
        """Return where the stage stands after `event`; events of unknown trainings are welcome."""
        if isinstance(event, Started):
            return self._with(Running(event))
        if isinstance(event, Advanced):
            known = self.running.get((event.trial, event.seed))
            started = known.started if known else self._unknown(event)
            return replace(self._with(Running(started, event.epoch)), epochs=self.epochs + 1)
        if isinstance(event, Ended):
            return self._without(event)
        return self

    def seconds_left(self, now: float) -> float | None:
        """Return the time the rest takes at the pace so far, None before there is a pace."""
        under_way = sum(
            run.epoch.number / run.started.epochs for run in self.running.values() if run.epoch
        )
        paced = self.done - self.before + under_way
        if paced <= 0:
            return None
        return max(0.0, (self.opened.total - self.done - under_way) * (now - self.begun) / paced)

    def epochs_a_second(self, now: float) -> float | None:
        """Return the epochs finished a second, all trainers together; None before the first."""
        return self.epochs / (now - self.begun) if self.epochs and now > self.begun else None

    def _unknown(self, event: Advanced) -> Started:
        return Started(event.trial, event.seed, {}, None, self.opened.epochs)

    def _with(self, run: Running) -> Progress:
        key = (run.started.trial, run.started.seed)
        return replace(self, running=MappingProxyType({**self.running, key: run}))

    def _without(self, event: Ended) -> Progress:
        rest = dict(self.running)
        ended = rest.pop((event.trial, event.seed), None)
        defaults = ended is not None and ended.started.baseline == DEFAULTS
        return replace(
            self,
            running=MappingProxyType(rest),
            done=event.done,
            best=self.best if event.best is None else event.best,
            baseline=event.value if defaults and event.value is not None else self.baseline,
            failed=self.failed + (event.state == "failed"),
        )


def step(progress: Progress | None, event: Event, now: float) -> Progress | None:
    """Return where things stand after `event`: None until a stage has been opened."""
    if isinstance(event, Opened):
        return Progress(event, now, before=event.done, done=event.done, best=event.best)
    return progress.after(event) if progress is not None else None


def value_text(metric: Metric, value: float | None) -> str:
    """Return a metric's value for reading: accuracy in percent, loss in four digits."""
    if value is None:
        return "–"  # noqa: RUF001  # a dash says that there is nothing yet
    return f"{value:.2%}" if metric == "accuracy" else f"{value:.4g}"


def training_text(started: Started, *, with_seed: bool) -> str:
    """Return what a training is called: its trial, what baseline it is, and its seed."""
    seed = f" seed {started.seed}" if with_seed else ""
    named = f" ({_baseline_text(started.baseline)})" if started.baseline is not None else ""
    return f"trial {started.trial}{named}{seed}"


def duration_text(seconds: float) -> str:
    """Return a duration in its two largest units: 1 h 05 min, 3 min 20 s, 12 s."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours} h {minutes_left:02d} min" if hours else f"{minutes} min {rest:02d} s"


def _baseline_text(name: str) -> str:
    return "baseline" if name == DEFAULTS else f"baseline {name}"
