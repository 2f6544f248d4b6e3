"""What coordinator and trainer say to each other: small values that name trainings by number."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nia_optuna.recipe import Metric, Recipe
from nia_optuna.study import Augmentation
from nia_optuna.training.epoch import Epoch


class Run(NamedTuple):
    """One training: a trial's configuration with one seed."""

    trial: int
    seed: int


@dataclass(frozen=True)
class Start:
    """Train `recipe`; where `checkpoint` is given, leave its best weights there."""

    run: Run
    recipe: Recipe
    epochs: int
    metric: Metric
    patience: int | None = None
    target: float | None = None
    augment: tuple[Augmentation, ...] = ()
    checkpoint: Path | None = None


@dataclass(frozen=True)
class Score:
    """Score the weights at `checkpoint` on the test part."""

    run: Run
    recipe: Recipe
    checkpoint: Path


@dataclass(frozen=True)
class Stop:
    """Give up a training within a few batches; unknown ones are ignored."""

    run: Run


Order = Start | Score | Stop


@dataclass(frozen=True)
class Trained:
    """A training finished an epoch; unless it was the last, it goes on without a verdict."""

    run: Run
    epoch: Epoch


@dataclass(frozen=True)
class Finished:
    """A training ended by itself; `best_epoch` is the one whose weights were kept."""

    run: Run
    best_epoch: int
    stopped: str
    parameters: int


@dataclass(frozen=True)
class Scored:
    """The test part's figures; `confusion` counts [true class][predicted class]."""

    run: Run
    loss: float
    accuracy: float
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Stopped:
    """A training was given up as ordered."""

    run: Run


@dataclass(frozen=True)
class Failed:
    """A training failed by its own doing: `reason` in one line."""

    run: Run
    reason: str


@dataclass(frozen=True)
class Broken:
    """The machine failed under a training: a full disk, a missing file. `reason` in one line."""

    run: Run
    reason: str


@dataclass(frozen=True)
class Lost:
    """The trainer died under a training, which is not the training's fault until it repeats."""

    run: Run
    reason: str


Message = Trained | Finished | Scored | Stopped | Failed | Broken | Lost
