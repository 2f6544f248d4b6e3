"""Study files whose trainings take long enough to be struck in their midst."""

# One step an epoch, of half a second; STEPS is a file that counts them.
SLOW_NETWORK = '''
import time
from dataclasses import dataclass

from nia_optuna import SGD, Budget, Recipe, Space, Synthetic, study


@dataclass(frozen=True)
class Slow:
    """Takes its time to answer, and counts its steps, one an epoch."""

    width: int

    def build(self, shape, classes):
        from torch import nn

        class Waits(nn.Module):
            def forward(self, x):
                time.sleep(0.5)
                if self.training:
                    with open("STEPS", "a") as file:
                        file.write(".")
                return x

        return nn.Sequential(nn.Flatten(), Waits(), nn.Linear(36, classes))


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials=1, epochs=16, finalists=0),
)
def slow(space: Space) -> Recipe:
    """How wide?"""
    return Recipe(Slow(space.integer("width", 1, 900, default=4)), SGD(lr=0.1), batch_size=150)
'''

# An epoch takes half a minute, 135 steps of a quarter of a second, while there is a file LONG;
# STEPS is a file that counts them.
LONG_EPOCH = '''
import time
from dataclasses import dataclass
from pathlib import Path

from nia_optuna import SGD, Budget, Recipe, Space, Synthetic, study


@dataclass(frozen=True)
class Long:
    width: int

    def build(self, shape, classes):
        from torch import nn

        class Waits(nn.Module):
            def forward(self, x):
                if self.training and Path("LONG").exists():
                    with open("STEPS", "a") as file:
                        file.write(".")
                    time.sleep(0.25)
                return x

        return nn.Sequential(nn.Flatten(), Waits(), nn.Linear(36, classes))


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=1500, test=60),
    budget=Budget(trials=3, epochs=1, finalists=0),
    sampler="random",
)
def long(space: Space) -> Recipe:
    """How wide?"""
    return Recipe(Long(space.integer("width", 1, 900, default=4)), SGD(lr=0.1), batch_size=10)
'''
