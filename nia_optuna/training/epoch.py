"""What one epoch of training measured. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nia_optuna.metric import Metric

IN_FLOAT32 = " in float32"
"""Stands behind the path of an epoch whose device would have taken bfloat16."""


@dataclass(frozen=True)
class Epoch:
    """Means over one epoch, by the name of the measure; `seconds` of wall time.

    `number` counts from 1. Measures are loss and accuracy (a fraction), or loss, mse and mae in
    regression. Those of `train` are gathered while the weights move; those of `validation` belong
    to the weights at the epoch's end. `lr` is the learning rate of its first step. `last` says
    that the training ended with it, by itself. `first_loss` is the loss of the epoch's first batch
    before its step, and `blank_loss` what a network that answers nothing but zeros has there:
    in the first epoch the two should be near each other. `path` says how it was trained: "single",
    "single, CUDA graph" where steps are replayed, or beside others as in "stack of 8";
    behind it stands IN_FLOAT32 where that is so.
    """

    number: int
    train: Mapping[str, float]
    validation: Mapping[str, float]
    lr: float
    seconds: float
    first_loss: float | None = None
    blank_loss: float | None = None
    last: bool = False
    path: str = "single"

    def metric(self, name: Metric) -> float:
        """Return the validation figure that the study judges by."""
        return self.validation[name]

    def plain(self) -> dict[str, float | bool | None]:
        """Return the epoch as flat JSON, with names like train_loss and validation_accuracy."""
        return {
            "number": self.number,
            **{f"train_{name}": value for name, value in self.train.items()},
            **{f"validation_{name}": value for name, value in self.validation.items()},
            "lr": self.lr,
            "seconds": self.seconds,
            "first_loss": self.first_loss,
            "blank_loss": self.blank_loss,
            "last": self.last,
        }
