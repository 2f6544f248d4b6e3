"""What one training needs to know, as frozen, comparable values. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, get_args, runtime_checkable

from nia_optuna.decay import Constant, Decay, DecayName, named_decay
from nia_optuna.numbers import whole
from nia_optuna.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import nn

Augmentation = Literal["flip", "crop"]
Initialisation = Literal["torch", "glorot", "he"]


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
            whole("batch_size", self.batch_size)
        if self.epochs is not None:
            whole("epochs", self.epochs)
        if self.augment is not None:
            check_augment(self.augment)
        if self.init not in get_args(Initialisation):
            known = ", ".join(get_args(Initialisation))
            raise ValueError(f"init={self.init!r} is not one of {known}")


def check_augment(augment: object) -> None:
    """Raise ValueError unless `augment` is a tuple of known augmentations."""
    if not isinstance(augment, tuple):
        raise ValueError(f"augment={augment!r} must be a tuple: ('flip',)")  # noqa: TRY004
    for each in augment:
        if each not in get_args(Augmentation):
            raise ValueError(f"augment={each!r} is not one of {', '.join(get_args(Augmentation))}")
