"""What a study's storage says, as frozen values: the input of every finding.

None stands for what the storage does not say, be it absent, malformed or not finite.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

Value = bool | int | float | str | None
Configuration = Mapping[str, Value]
"""Parameters of a trial by name; those of branches not taken are absent."""
State = Literal["complete", "pruned", "failed", "running", "waiting"]


class FactsError(ValueError):
    """A study that cannot be written up: said in one line."""


@dataclass(frozen=True)
class EpochFacts:
    """One epoch, `number` from 1: losses in nats, accuracies as fractions.

    In a study that another tool made `number` is the step that it reported, whatever it counts.
    `first_loss` is the loss of its first batch, `blank_loss` what a network that answers nothing
    but zeros has there; `mse` and `mae` are measured in regression.
    """

    number: int
    train_loss: float | None = None
    train_accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    train_mse: float | None = None
    train_mae: float | None = None
    validation_mse: float | None = None
    validation_mae: float | None = None
    first_loss: float | None = None
    blank_loss: float | None = None
    lr: float | None = None
    seconds: float | None = None
    metric: float | None = None
    """The study's metric on the validation part."""


@dataclass(frozen=True)
class RepeatFacts:
    """One more training of a trial with another seed: what it reached, and the metric by epoch."""

    seed: int | None
    value: float | None
    seconds: float | None
    values: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class TrialFacts:
    """One trial. `value` is its validation metric; a pruned trial's is that of its last epoch.

    `seed`, `best_epoch`, `stopped` and `curve` are of its first training; `value` is the mean
    over that one and its `repeats`, `seconds` their sum. `most_epochs` is how many epochs a
    training of it may take, `cell` its number in a grid. A baseline outside of the space has a
    `recipe` and no parameters. `heading` is the end that imputation.py has for a pruned one inside
    of the space, by the rule as it stands with all trials; None where nothing complete tells.
    `asked`, `begun` and `told` are in UTC: when it was drawn, which may be before a worker was
    free, when one had its last attempt, and when its end was written. `seconds` are also of what
    that attempt went on from. `worker` is a slot of its `coordinator`, which has a name where
    several may share a study. `path` says how it was trained, as TrialAttr.PATH has it; `migrated`
    is its number in the study that this one extends.
    """

    number: int
    state: State
    value: float | None = None
    params: Mapping[str, Value] | None = None
    baseline: str | None = None
    seed: int | None = None
    seconds: float | None = None
    parameters: int | None = None
    best_epoch: int | None = None
    stopped: str | None = None
    attempts: int = 1
    failure: str | None = None
    curve: Sequence[EpochFacts] = ()
    repeats: tuple[RepeatFacts, ...] = ()
    most_epochs: int | None = None
    recipe: str | None = None
    heading: float | None = None
    cell: int | None = None
    asked: datetime | None = None
    begun: datetime | None = None
    told: datetime | None = None
    worker: int | None = None
    coordinator: str | None = None
    path: str | None = None
    migrated: int | None = None

    @property
    def epochs(self) -> int:
        """How many epochs its first training took."""
        return len(self.curve)

    @property
    def last_epoch(self) -> int:
        """The number of its last epoch, 0 without any; other tools may number as they like."""
        return self.curve[-1].number if self.curve else 0

    @property
    def epochs_trained(self) -> int:
        """How many epochs all its trainings took."""
        return self.epochs + sum(len(repeat.values) for repeat in self.repeats)

    @property
    def seconds_each(self) -> float | None:
        """What one of its trainings took, on average; None where the storage says nothing."""
        return None if self.seconds is None else self.seconds / (1 + len(self.repeats))

    @property
    def values(self) -> tuple[float, ...]:
        """What its trainings reached, of which `value` is the mean; empty without a value."""
        others = [repeat.value for repeat in self.repeats if repeat.value is not None]
        if self.value is None:
            return ()
        # The storage keeps the mean and the others.
        return (self.value * (1 + len(others)) - sum(others), *others) if others else (self.value,)

    @property
    def configuration(self) -> Configuration:
        """Its parameters; empty where none was drawn."""
        return self.params or {}


@dataclass(frozen=True)
class RunFacts:
    """One training of the confirmation, with a fresh seed, or of the pruning check.

    `failure` says in one line why it failed; it then has no values. `epochs` and `seconds` count
    repeats, of which `validation` is the mean; `curve` is of the first training.
    """

    trial: int
    seed: int
    validation: float | None
    test: float | None
    seconds: float | None
    epochs: int
    failure: str | None = None
    checkpoint: str | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    """Mean of each loss on the test part."""
    confusion: tuple[tuple[int, ...], ...] = ()
    """True class by predicted class on the test part; square, empty where it is unknown."""
    predictions: str | None = None
    """Id of the artifact that holds what it answered on the test part."""
    curve: Sequence[EpochFacts] = ()
    repeats: int = 0
    """How many trainings with other seeds came after the first."""
    path: str | None = None


@dataclass(frozen=True)
class SessionFacts:
    """One time that `nia-optuna run` worked on the study; `started` is ISO 8601 in UTC."""

    started: str
    wall_seconds: float
    workers: int | None
    device: str
    stage: str


@dataclass(frozen=True)
class DatasetFacts:
    """The data set; `train`, `validation` and `test` count examples."""

    name: str | None = None
    fingerprint: str | None = None
    shape: tuple[int, ...] = ()
    classes: int | None = None
    train: int | None = None
    validation: int | None = None
    test: int | None = None
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class RangeFacts:
    """From where to where a number is searched, both included, and whether in its logarithm."""

    low: float
    high: float
    log: bool

    def place(self, value: float) -> float | None:
        """Return where a value lies between the ends, 0 to 1 on the scale that is searched on.

        None where there is no such place.
        """
        ends = self.low, self.high
        if self.log and min(*ends, value) <= 0:
            return None
        low, high, at = map(math.log, (*ends, value)) if self.log else (*ends, value)
        return (at - low) / (high - low) if high > low else None

    def value(self, place: float) -> float:
        """Return what lies at a place, 0 to 1: the inverse of `place`."""
        if self.log:
            return self.low * math.exp(place * math.log(self.high / self.low))
        return self.low + place * (self.high - self.low)


@dataclass(frozen=True)
class ParameterFacts:
    """One searched parameter and what is searched in words.

    It has `choices`, in order, or lies `between` two numbers.
    """

    name: str
    default: Value
    searched: str
    choices: tuple[Value, ...] = ()
    between: RangeFacts | None = None


@dataclass(frozen=True)
class ExtendsFacts:
    """The study of another space that one began with: how many `trials` it had, and kept."""

    study: str
    trials: int | None
    migrated: int | None


@dataclass(frozen=True)
class StudyFacts:
    """A study as the storage holds it; `record.py` says what each part means."""

    name: str
    direction: Literal["maximize", "minimize"]
    metric: str
    question: str
    dataset: DatasetFacts
    space: tuple[ParameterFacts, ...]
    settings: Mapping[str, object]
    environment: Mapping[str, object]
    command: str | None
    source: Mapping[str, object]
    sessions: tuple[SessionFacts, ...]
    runs: tuple[RunFacts, ...]
    chosen: int | None
    """Number of the confirmed winner, once the confirmation is whole."""
    finalists: tuple[int, ...]
    rehearsal: str | None
    trials: tuple[TrialFacts, ...]
    checkpoint: str | None = None
    """The file of the weights that were kept: those of one training of the chosen trial."""
    task: Literal["classification", "regression"] = "classification"
    loss: str | None = None
    """What the trainings minimise."""
    recipe: str | None = None
    """The recipe of the defaults: it tells apart what two study files hold fixed."""
    finished: tuple[RunFacts, ...] = ()
    """Pruned trials that were trained to their end for the pruning check, with their own seeds."""
    extends: ExtendsFacts | None = None

    def trial(self, number: int | None) -> TrialFacts | None:
        """Return the trial of that number, None if there is none."""
        return None if number is None else self._by_number.get(number)

    @cached_property
    def _by_number(self) -> Mapping[int, TrialFacts]:
        return {trial.number: trial for trial in self.trials}

    def of_state(self, state: State) -> tuple[TrialFacts, ...]:
        """Return the trials in `state`, by number."""
        return tuple(trial for trial in self.trials if trial.state == state)

    def gain(self, one: float, other: float) -> float:
        """Return how much better `one` is than `other`: negative where it is worse."""
        return one - other if self.direction == "maximize" else other - one
