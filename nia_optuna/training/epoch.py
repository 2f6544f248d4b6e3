"""What one epoch of training measured. Imports no torch."""

from dataclasses import dataclass

from nia_optuna.recipe import Metric


@dataclass(frozen=True)
class Epoch:
    """Means over one epoch: losses in nats, accuracies as fractions, `seconds` of wall time.

    `number` counts from 1. Training figures are gathered while the weights move; validation
    figures belong to the weights at the epoch's end. `lr` is the learning rate of its first step.
    `last` says that the training ended with it, by itself.
    """

    number: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    lr: float
    seconds: float
    last: bool = False

    def metric(self, name: Metric) -> float:
        """Return the validation figure that the study judges by."""
        return self.validation_accuracy if name == "accuracy" else self.validation_loss


def better(metric: Metric, one: float, other: float) -> bool:
    """Return whether `one` beats `other`: accuracy upwards, loss downwards."""
    return one > other if metric == "accuracy" else one < other
