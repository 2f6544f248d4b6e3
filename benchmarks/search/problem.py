"""A question whose answers are known without training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nia_optuna.branches import union
from nia_optuna.space import Parameter, Space, Value


@dataclass(frozen=True)
class Curve:
    """What one training would show: validation accuracy in percent and seconds of every epoch."""

    accuracies: tuple[float, ...]
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Problem:
    """A space, and what every configuration of it comes to.

    `draw` asks a space for the parameters of one configuration, as a study file does. `curve`
    maps these and the seed of a training to its epochs; `truth` to the mean accuracy over all
    seeds, in percent. `best` is what the best configuration is known to reach, in percent; regret
    is counted from there. A whole training takes `seconds` in the median of random configurations.
    """

    name: str
    epochs: int
    best: float
    seconds: float
    draw: Callable[[Space], object]
    curve: Callable[[Mapping[str, Value], int], Curve]
    truth: Callable[[Mapping[str, Value]], float]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """Every parameter of every branch."""
        return union(self.draw)

    @property
    def defaults(self) -> dict[str, Value]:
        """The configuration that a study file would begin with."""
        space = Space()
        self.draw(space)
        return space.values
