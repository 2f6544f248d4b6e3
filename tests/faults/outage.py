"""`nia-optuna` with little patience: `python -m tests.faults.outage PATIENCE LAST LEASE run …`.

PATIENCE are the seconds that a server may be away, LAST those for which it is still asked once the
user wants to stop, LEASE those that a coordinator may be silent.
"""

import sys

SLOW = '''
"""A network that takes its time, and waits before its first step while there is a file HOLD."""

import time
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from nia_optuna import MLP, SGD, Budget, Recipe, Space, Synthetic, study

BEGUN, HOLD = (Path(__file__).with_name(name) for name in ("begun", "hold"))


class Waits(nn.Module):
    def __init__(self, width, network):
        super().__init__()
        self.width, self.network, self.begun = width, network, False

    def forward(self, pictures):
        if self.training and not self.begun:
            self.begun = True
            with BEGUN.open("a") as file:
                file.write(f"{self.width}\\n")
            while HOLD.exists():
                time.sleep(0.02)
        if self.training:
            time.sleep(0.15)
        return self.network(pictures)


@dataclass(frozen=True)
class Slow:
    width: int

    def build(self, shape, classes):
        return Waits(self.width, MLP((self.width,)).build(shape, classes))


@study(
    dataset=Synthetic(shape=(1, 4, 4), classes=3, train=150, test=30),
    budget=Budget(trials=8, epochs=3, finalists=0),
    sampler="random",
    pruner="none",
)
def slow(space: Space) -> Recipe:
    """Which width?"""
    return Recipe(Slow(space.integer("width", 4, 4000, default=8)), SGD(lr=0.1), batch_size=32)
'''

if __name__ == "__main__":
    # Here, because trainers import this file, too, and need none of it.
    from nia_optuna.cli.main import main
    from nia_optuna.search import leases, patience

    patience.OUTAGE_SECONDS = float(sys.argv.pop(1))
    patience.LAST_SECONDS = float(sys.argv.pop(1))
    leases.LEASE_SECONDS = float(sys.argv.pop(1))
    main()
