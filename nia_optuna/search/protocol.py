"""What coordinator and trainer say to each other: small values that name trainings by number."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nia_optuna.metric import Loss
from nia_optuna.recipe import Recipe
from nia_optuna.search.runs import drop, drop_unfinished
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.training import Training


class Run(NamedTuple):
    """One training: a trial's configuration with one seed."""

    trial: int
    seed: int


class Chance(NamedTuple):
    """What is left to chance in a training: the seed of its weights and batches, and of the split.

    `cut` decides which examples are set aside for validation.
    """

    seed: int
    cut: int


@dataclass(frozen=True)
class Start:
    """Train on the split with the seed `cut`, and leave the best weights at `checkpoint`.

    It is trained again with each of `repeats`, of which only the end is told. `tensorboard` is a
    folder for the event files of this training, `standings` one where it is kept while it is
    unfinished: what an earlier attempt left there, it goes on from.
    """

    run: Run
    cut: int
    training: Training
    checkpoint: Path | None = None
    repeats: tuple[Chance, ...] = ()
    tensorboard: Path | None = None
    standings: Path | None = None

    @property
    def chances(self) -> tuple[Chance, ...]:
        """What each of its trainings is left to: the one of its run, then its repeats."""
        return (Chance(self.run.seed, self.cut), *self.repeats)

    def standing(self, chance: Chance) -> Path | None:
        """Return the file that one of its trainings is kept in."""
        return self.standings and self.standings / f"{self.run.trial}-{chance.seed}.safetensors"

    @property
    def begun(self) -> bool:
        """Whether an earlier attempt left anything to go on from."""
        files = (self.standing(chance) for chance in self.chances)
        return any(file is not None and file.exists() for file in files)

    def forget(self) -> None:
        """Drop what its trainings have left to go on from: what became of it is recorded.

        With it goes what trainers left that were killed while they wrote; a checkpoint stays.
        """
        for chance in self.chances:
            if file := self.standing(chance):
                drop(file)
        if self.checkpoint is not None:
            drop_unfinished(self.checkpoint)


@dataclass(frozen=True)
class Train:
    """Train all of `starts`, side by side where they can be, else one after the other.

    `beside` is a run that already trains: they then join it when its epoch ends. `open` says that
    others may join these.
    """

    starts: tuple[Start, ...]
    beside: Run | None = None
    open: bool = False

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs that each end in a message of their own."""
        return tuple(start.run for start in self.starts)


@dataclass(frozen=True)
class Score:
    """Score the weights at `checkpoint` on the test part; leave what they answer at `answers`.

    `cut` is that of their training, whose examples decide how inputs are normalised.
    """

    run: Run
    cut: int
    recipe: Recipe
    loss: Loss
    checkpoint: Path
    answers: Path

    @property
    def runs(self) -> tuple[Run, ...]:
        """The one run that ends in a message."""
        return (self.run,)


@dataclass(frozen=True)
class Stop:
    """Give up a training: within a few batches, or at its epoch's end where others train beside it.

    Unknown ones are ignored.
    """

    run: Run


@dataclass(frozen=True)
class Judged:
    """An epoch of a training was judged, and it goes on; those that join it have been sent before.

    Unknown ones are ignored.
    """

    run: Run
    epoch: int


Order = Train | Score | Stop | Judged


@dataclass(frozen=True)
class Trained:
    """A training finished an epoch; unless it was the last, it goes on after a verdict.

    One that others may join waits for that, but not for long; all others do not wait at all.
    """

    run: Run
    epoch: Epoch


@dataclass(frozen=True)
class Repeat:
    """One more training of a configuration: the metric of every epoch, and which was kept."""

    seed: int
    values: tuple[float, ...]
    best_epoch: int
    stopped: str
    seconds: float

    @property
    def value(self) -> float:
        """The metric of the epoch whose weights were kept."""
        return self.values[self.best_epoch - 1]


@dataclass(frozen=True)
class Finished:
    """A training ended by itself; `best_epoch` is the one whose weights were kept."""

    run: Run
    best_epoch: int
    stopped: str
    parameters: int
    repeats: tuple[Repeat, ...] = ()


@dataclass(frozen=True)
class Scored:
    """The test part's figures: measures and the mean of every loss, by name.

    `confusion` counts [true class][predicted class]; it is empty in regression.
    """

    run: Run
    measures: Mapping[str, float]
    losses: Mapping[str, float]
    confusion: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Stopped:
    """A training was given up as ordered."""

    run: Run


@dataclass(frozen=True)
class Failed:
    """A training failed by its own doing: `reason` in one line; `repeats` were finished before."""

    run: Run
    reason: str
    repeats: tuple[Repeat, ...] = ()


@dataclass(frozen=True)
class Broken:
    """The machine failed under a training: a full disk, a missing file. `reason` in one line."""

    run: Run
    reason: str


@dataclass(frozen=True)
class Crowded:
    """Memory ran out under a training that was alone in its trainer: fewer trainers might do."""

    run: Run
    reason: str


@dataclass(frozen=True)
class Lost:
    """The trainer died under a training, which is not the training's fault until it repeats."""

    run: Run
    reason: str


Message = Trained | Finished | Scored | Stopped | Failed | Broken | Crowded | Lost
