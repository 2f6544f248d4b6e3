"""Small real studies: made-up pictures, a real network, a real SQLite file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from nia_optuna.architectures import MLP
from nia_optuna.data import Synthetic
from nia_optuna.recipe import SGD, Budget, Recipe
from nia_optuna.search.run import Machine, Place, run
from nia_optuna.search.storage import Runs
from nia_optuna.search.watch import Event
from nia_optuna.space import Space
from nia_optuna.study import Study, study
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


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(Runs(tmp_path / "runs"), tmp_path / "data")


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def run_study(place: Place, events: list[Event]) -> Run:
    """Run a study here and now; what happened is in `events`."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def do(made: Study = small, machine: Machine = INLINE, **budget: float | None) -> optuna.Study:
        asked = replace(made, budget=replace(made.budget, **budget))  # type: ignore[arg-type]
        return run(asked, place, machine, events.append)

    return do
