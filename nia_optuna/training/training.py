"""One training as a value: everything that decides it but its data and its chance."""

from __future__ import annotations

from dataclasses import dataclass

from nia_optuna.metric import Loss, Metric
from nia_optuna.recipe import Augmentation, Recipe


@dataclass(frozen=True)
class Training:
    """Train `recipe` to a small `loss` for `epochs` epochs at most.

    It ends after `patience` epochs without a better validation `metric`, or when the metric reaches
    `target`. `augment` changes the pictures that it learns from, whatever the recipe says.

    Raises ValueError for fewer than one epoch.
    """

    recipe: Recipe
    epochs: int
    loss: Loss = "cross_entropy"
    metric: Metric = "accuracy"
    patience: int | None = None
    target: float | None = None
    augment: tuple[Augmentation, ...] = ()

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ValueError(f"epochs={self.epochs!r} must be at least 1")
