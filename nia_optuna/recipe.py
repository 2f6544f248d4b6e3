"""What one training needs to know, as frozen, comparable values. Imports no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, get_args, runtime_checkable

if TYPE_CHECKING:
    from torch import nn

Augmentation = Literal["flip", "crop"]
Initialisation = Literal["torch", "glorot", "he"]
DecayName = Literal["none", "step", "exponential", "cosine", "plateau"]


@runtime_checkable
class Architecture(Protocol):
    """Any value that can build a network; users write their own as a frozen dataclass."""

    def build(self, shape: tuple[int, ...], outputs: int, /) -> nn.Module:
        """Return a fresh network from inputs of `shape` to scores (n, outputs).

        `shape` is (channels, height, width) or (features,); `outputs` is the number of classes,
        or 1 where a number is to be found.
        """
        ...


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent; `l2` is PyTorch's weight_decay, on weights only."""

    lr: float
    momentum: float = 0.0
    nesterov: bool = False
    l2: float = 0.0

    def __post_init__(self) -> None:
        _positive("lr", self.lr)
        _fraction("momentum", self.momentum)
        _not_negative("l2", self.l2)
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov=True needs a momentum above 0")


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma & Ba 2015); `l2` is added to the gradient, on weights only."""

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    l2: float = 0.0

    def __post_init__(self) -> None:
        _positive("lr", self.lr)
        _betas(self.betas)
        _not_negative("l2", self.l2)


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019), on weights only."""

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    l2: float = 1e-2

    def __post_init__(self) -> None:
        _positive("lr", self.lr)
        _betas(self.betas)
        _not_negative("l2", self.l2)


@dataclass(frozen=True)
class RMSprop:
    """RMSprop (Tieleman & Hinton 2012); `smoothing` is PyTorch's alpha."""

    lr: float = 1e-2
    smoothing: float = 0.99
    momentum: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        _positive("lr", self.lr)
        _fraction("smoothing", self.smoothing)
        _fraction("momentum", self.momentum)
        _not_negative("l2", self.l2)


Optimizer = SGD | Adam | AdamW | RMSprop


@dataclass(frozen=True)
class Constant:
    """The learning rate stays what the optimizer says."""


@dataclass(frozen=True)
class Step:
    """Multiply the learning rate by `factor` every `every` epochs."""

    every: int = 3
    factor: float = 0.1

    def __post_init__(self) -> None:
        _whole("every", self.every)
        _factor("factor", self.factor)


@dataclass(frozen=True)
class Exponential:
    """Multiply the learning rate by exp(-rate) an epoch, from epoch `start` (1-based) on."""

    rate: float = 0.2
    start: int = 2

    def __post_init__(self) -> None:
        _positive("rate", self.rate)
        _whole("start", self.start)


@dataclass(frozen=True)
class Cosine:
    """Half a cosine from the optimizer's learning rate to `floor` times it."""

    floor: float = 0.0

    def __post_init__(self) -> None:
        _not_negative("floor", self.floor)


@dataclass(frozen=True)
class Plateau:
    """Multiply by `factor` after `patience` epochs without a lower validation loss.

    The learning rate never falls below `floor` (absolute).
    """

    factor: float = 0.1
    patience: int = 2
    floor: float = 1e-6

    def __post_init__(self) -> None:
        _factor("factor", self.factor)
        _whole("patience", self.patience, at_least=0)
        _not_negative("floor", self.floor)


Decay = Constant | Step | Exponential | Cosine | Plateau


@dataclass(frozen=True)
class Recipe:
    """One configuration: a network and how to train it.

    `decay` is a value, or the name of one with its default settings.
    `batch_size` counts examples; None means the whole training part (full-batch descent).
    `epochs` is how long this recipe trains, where that depends on the recipe; the budget's epochs
    are a limit to it. `augment` is how pictures are changed in training; None means as the study
    says. `init` draws the first weights: as PyTorch's layers do, or by Glorot & Bengio (2010) as
    Keras' do, or by He et al. (2015), both uniform with biases of 0.
    """

    model: Architecture
    optimizer: Optimizer
    decay: Decay | DecayName = field(default_factory=Constant)
    batch_size: int | None = 128
    epochs: int | None = None
    augment: tuple[Augmentation, ...] | None = None
    init: Initialisation = "torch"

    def __post_init__(self) -> None:
        # A class has build() too, but only its instances can be asked to.
        if isinstance(self.model, type) or not isinstance(self.model, Architecture):
            raise TypeError(f"model {self.model!r} has no build(shape, outputs)")
        if not isinstance(self.optimizer, get_args(Optimizer)):
            raise TypeError(f"optimizer {self.optimizer!r} is not SGD, Adam, AdamW or RMSprop")
        object.__setattr__(self, "decay", named_decay(self.decay))
        if self.batch_size is not None:
            _whole("batch_size", self.batch_size)
        if self.epochs is not None:
            _whole("epochs", self.epochs)
        if self.augment is not None:
            check_augment(self.augment)
        if self.init not in get_args(Initialisation):
            known = ", ".join(get_args(Initialisation))
            raise ValueError(f"init={self.init!r} is not one of {known}")


@dataclass(frozen=True)
class Budget:
    """How much a study may spend.

    `trials` is the total of finished trials, complete and pruned together; `epochs` the most a
    trial trains; `timeout` seconds for the search; `patience` epochs without a better validation
    metric before a training stops early; `target` the validation metric that ends a training as
    soon as it is reached. After the search the `finalists` best configurations and the baseline
    are trained again with `seeds` fresh seeds each.
    """

    trials: int = 50
    epochs: int = 9
    timeout: float | None = None
    patience: int | None = None
    target: float | None = None
    finalists: int = 3
    seeds: int = 3

    def __post_init__(self) -> None:
        _whole("trials", self.trials)
        _whole("epochs", self.epochs)
        if self.timeout is not None:
            _positive("timeout", self.timeout)
        if self.patience is not None:
            _whole("patience", self.patience)
        if self.target is not None:
            _finite("target", self.target)
        _whole("finalists", self.finalists, at_least=0)
        _whole("seeds", self.seeds)


def check_augment(augment: object) -> None:
    """Raise ValueError unless `augment` is a tuple of known augmentations."""
    if not isinstance(augment, tuple):
        raise ValueError(f"augment={augment!r} must be a tuple: ('flip',)")  # noqa: TRY004
    for each in augment:
        if each not in get_args(Augmentation):
            raise ValueError(f"augment={each!r} is not one of {', '.join(get_args(Augmentation))}")


def named_decay(given: object) -> Decay:
    """Return the decay that a name or a value stands for.

    Raises ValueError for an unknown name, TypeError for anything else.
    """
    named: dict[object, Decay] = {
        "none": Constant(),
        "step": Step(),
        "exponential": Exponential(),
        "cosine": Cosine(),
        "plateau": Plateau(),
    }
    if isinstance(given, Constant | Step | Exponential | Cosine | Plateau):
        return given
    if not isinstance(given, str):
        raise TypeError(f"decay {given!r} is neither a decay nor the name of one")
    if given not in named:
        raise ValueError(f"decay {given!r} is not one of {', '.join(map(str, named))}")
    return named[given]


def _finite(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name}={value!r} must be a finite number")
    return value


def _positive(name: str, value: object) -> None:
    if _finite(name, value) <= 0:
        raise ValueError(f"{name}={value!r} must be above 0")


def _not_negative(name: str, value: object) -> None:
    if _finite(name, value) < 0:
        raise ValueError(f"{name}={value!r} must not be negative")


def _fraction(name: str, value: object) -> None:
    if not 0 <= _finite(name, value) < 1:
        raise ValueError(f"{name}={value!r} must be in [0, 1)")


def _factor(name: str, value: object) -> None:
    if not 0 < _finite(name, value) < 1:
        raise ValueError(f"{name}={value!r} must be between 0 and 1")


def _betas(betas: tuple[float, ...]) -> None:
    if len(betas) != 2:  # noqa: PLR2004  # one for the gradient, one for its square
        raise ValueError(f"betas={betas!r} must be two numbers")
    for beta in betas:
        _fraction("betas", beta)


def _whole(name: str, value: object, *, at_least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ValueError(f"{name}={value!r} must be a whole number of at least {at_least}")
