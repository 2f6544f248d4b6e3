"""What a run tells whoever watches it: the terminal, plain lines, a test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from nia_optuna.metric import Metric
from nia_optuna.space import Value
from nia_optuna.training.epoch import Epoch

Stage = Literal["search", "confirmation", "pruning check", "replay"]
EndState = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True)
class Opened:
    """A stage begins: `done` of `total` trainings are already there."""

    stage: Stage
    study: str
    metric: Metric
    done: int
    total: int
    epochs: int
    workers: int
    device: str
    best: float | None


@dataclass(frozen=True)
class Started:
    """A training has begun, of at most `epochs`; `baseline` is its name where it is one."""

    trial: int
    seed: int
    params: Mapping[str, Value]
    baseline: str | None
    epochs: int


@dataclass(frozen=True)
class Advanced:
    """A training has finished an epoch."""

    trial: int
    seed: int
    epoch: Epoch


@dataclass(frozen=True)
class Ended:
    """A training is over; `done` counts the finished ones of the stage, this one included.

    `value` is its validation metric (None when it failed), `reason` one line where it failed.
    """

    trial: int
    seed: int
    state: EndState
    value: float | None
    best: float | None
    done: int
    reason: str = ""


@dataclass(frozen=True)
class Said:
    """A remark in one line: what is being continued, fetched, retried or written."""

    text: str


Event = Opened | Started | Advanced | Ended | Said
Watch = Callable[[Event], None]
