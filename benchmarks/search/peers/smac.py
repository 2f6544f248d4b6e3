"""SMAC3: random forests, with Hyperband where there are learning curves.

Lindauer et al. 2022, arXiv 2109.09831. Its facades at their own settings, by ask and tell;
conditions are ConfigSpace's. The first configuration is the problem's defaults. SMAC trains a
promoted configuration from its first epoch on; here only the epochs between are paid for. A
problem of one epoch is noisy, and SMAC repeats its incumbents with other seeds.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

from ConfigSpace import Configuration
from smac import HyperparameterOptimizationFacade, MultiFidelityFacade, Scenario
from smac.initial_design import AbstractInitialDesign
from smac.runhistory import TrialInfo, TrialValue

from benchmarks.search.contestant import Job
from benchmarks.search.peers.config_space import config_space
from benchmarks.search.peers.plain import asked_for
from benchmarks.search.peers.trainings import Trainings
from benchmarks.search.problem import Problem

MIN_BUDGET = 3
ETA = 3
TRIALS = 100
"""What SMAC takes for the length of a search; a quarter of it is the initial design."""


class Listed(AbstractInitialDesign):
    """An initial design whose configurations are already known."""

    def __init__(self, scenario: Scenario, configurations: list[Configuration]) -> None:
        super().__init__(scenario, n_configs=len(configurations))
        self._listed = configurations

    def _select_configurations(self) -> list[Configuration]:
        return list(self._listed)


class Smac:
    """One facade of SMAC."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        self._folder = TemporaryDirectory()
        curves = problem.epochs > 1
        kind = MultiFidelityFacade if curves else HyperparameterOptimizationFacade
        space = config_space(problem, seed)
        scenario = Scenario(
            space,
            output_directory=Path(self._folder.name),
            deterministic=curves,
            n_trials=TRIALS,
            min_budget=MIN_BUDGET if curves else None,
            max_budget=problem.epochs if curves else None,
            seed=seed,
        )
        usual = kind.get_initial_design(scenario).select_configurations()
        first = [space.get_default_configuration(), *usual]
        self._smac = kind(
            scenario,
            initial_design=Listed(scenario, first),
            intensifier=kind.get_intensifier(scenario, **({"eta": ETA} if curves else {})),
            logging_level=False,
            overwrite=True,
        )
        self._trainings = Trainings()
        self._asked: dict[int, TrialInfo] = {}

    def ask(self) -> Job:
        """Return the next configuration and the epochs of its rung."""
        with warnings.catch_warnings():
            # Means of no values, while no configuration has come to its end.
            warnings.simplefilter("ignore", RuntimeWarning)
            info = self._smac.ask()
        params = asked_for(self._problem, info.config)
        until = self._problem.epochs if info.budget is None else round(info.budget)
        job = self._trainings.begin((info.config, info.seed), params, until)
        self._asked[job.key] = info
        return job

    def report(self, job: Job, epoch: int, accuracy: float, seconds: float) -> bool:  # noqa: ARG002
        """Learn an epoch; SMAC stops nothing between its rungs."""
        self._trainings.saw(job, accuracy)
        return True

    def end(self, job: Job) -> None:
        """Tell the best error so far."""
        error = 100.0 - self._trainings.end(job)
        self._smac.tell(self._asked.pop(job.key), TrialValue(cost=error), save=False)


def make(problem: Problem, seed: int, workers: int) -> Smac:  # noqa: ARG001  # it waits for nobody
    """Begin a search."""
    logging.getLogger("smac").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="smac")
    return Smac(problem, seed)
