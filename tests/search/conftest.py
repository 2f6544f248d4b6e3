"""Small real studies: made-up pictures, a real network, a real SQLite file."""

from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from nia_optuna.search.run import Machine, Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.search.watch import Event
from nia_optuna.study import Study
from tests.search.small import INLINE, Run, small


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
