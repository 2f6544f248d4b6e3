"""What a training minimises and what a study judges by: names, and which task has which."""

from __future__ import annotations

from typing import Literal

Task = Literal["classification", "regression"]
Loss = Literal["cross_entropy", "squared", "absolute", "hinge"]
Metric = Literal["accuracy", "loss", "mse", "mae"]

# The first of each is the default.
LOSSES: dict[Task, tuple[Loss, ...]] = {
    "classification": ("cross_entropy", "squared", "absolute", "hinge"),
    "regression": ("squared", "absolute"),
}
METRICS: dict[Task, tuple[Metric, ...]] = {
    "classification": ("accuracy", "loss"),
    "regression": ("mse", "mae", "loss"),
}


def maximised(metric: Metric) -> bool:
    """Return whether more is better: accuracy upwards, everything else downwards."""
    return metric == "accuracy"


def better(metric: Metric, one: float, other: float) -> bool:
    """Return whether `one` beats `other`."""
    return one > other if maximised(metric) else one < other
