"""What is written of a trial when it ends: pure functions of what its training told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from statistics import fmean

from nia_optuna.metric import Metric
from nia_optuna.record import TrialAttr
from nia_optuna.search.asked import Open
from nia_optuna.search.environment import path_text
from nia_optuna.search.protocol import Finished, Repeat
from nia_optuna.training.epoch import Epoch


def value_of(message: Finished, curve: Sequence[Epoch], metric: Metric) -> float:
    """Return the value of a trial: that of its best epoch, the mean over its repeats."""
    first = curve[message.best_epoch - 1].metric(metric)
    return fmean([first, *(repeat.value for repeat in message.repeats)])


def plain_repeats(repeats: Sequence[Repeat]) -> list[dict[str, object]]:
    """Return repeats as they stand in the storage."""
    return [{**asdict(repeat), "value": repeat.value} for repeat in repeats]


def end_attrs(opened: Open, stopped: str, repeats: Sequence[Repeat] = ()) -> dict[str, object]:
    """Return what every trial says of its training when it ends, see TrialAttr."""
    curve = opened.curve
    attrs: dict[str, object] = {TrialAttr.CURVE: [epoch.plain() for epoch in curve]}
    if repeats:
        attrs[TrialAttr.REPEATS] = plain_repeats(repeats)
    attrs[TrialAttr.SECONDS] = sum(e.seconds for e in curve) + sum(r.seconds for r in repeats)
    attrs[TrialAttr.STOPPED] = stopped
    if opened.device is not None and curve:
        attrs[TrialAttr.PATH] = path_text(opened.device, curve)
    if opened.worker is not None:
        attrs[TrialAttr.WORKER] = opened.worker
    return attrs
