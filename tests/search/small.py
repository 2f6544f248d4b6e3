"""A small real study, and the machines it runs on."""

from collections.abc import Callable

import optuna

from nia_optuna.architectures import MLP
from nia_optuna.budget import Budget
from nia_optuna.data import Synthetic
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.search.run import Machine
from nia_optuna.space import Space
from nia_optuna.study import study
from nia_optuna.training.device import Device

CPU = Device("cpu")
INLINE = Machine((CPU,), inline=True)
TWO_PROCESSES = Machine((CPU, CPU))

Run = Callable[..., optuna.Study]


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials=5, epochs=3, finalists=2, seeds=2),
    baselines={"wide": {"width": 32}},
)
def small(space: Space) -> Recipe:
    """Which width and learning rate tell three patterns apart?"""
    return Recipe(
        MLP(widths=(space.integer("width", 4, 32, default=8),)),
        SGD(lr=space.log("lr", 1e-2, 1.0, default=0.1)),
        batch_size=32,
    )
