"""A network of one's own, built in a test of another process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nia_optuna import SGD, Recipe, Space, study

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Linear:
    """No hidden layer at all."""

    bias: bool

    def build(self, shape: tuple[int, ...], classes: int) -> nn.Module:
        from torch import nn

        inputs = shape[0] * shape[1] * shape[2]
        return nn.Sequential(nn.Flatten(), nn.Linear(inputs, classes, bias=self.bias))


@study(dataset="digits")
def own(space: Space) -> Recipe:
    """Does a bias help?"""
    print("a study file may print")
    bias = space.choice("bias", (True, False), default=True)
    return Recipe(model=Linear(bias), optimizer=SGD(lr=0.1))
