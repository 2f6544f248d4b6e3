"""Asking for trials beside very many, as a coordinator does once it has read them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import optuna

from benchmarks.load.filled import FILE
from nia_optuna.load import load
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.opening import writer_of
from nia_optuna.search.pruner import pruner_of
from nia_optuna.search.sampler import sampler_of
from nia_optuna.search.storage import open_storage
from nia_optuna.study import check_space


def asks(
    runs: Path, url: str | None, count: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Return how long each of some asks takes; the trials wait for the next run then."""
    study = load(str(FILE))
    study = replace(study, budget=replace(study.budget, trials=10**6))
    storage = open_storage(url, runs, create=True)
    stored = optuna.create_study(
        study_name=study.name,
        storage=writer_of(storage),
        direction="maximize",
        sampler=sampler_of(study.sampler, check_space(study), study.seed),
        pruner=pruner_of(study.pruner, study.budget.epochs),
        load_if_exists=True,
    )
    ledger = Ledger(study, stored)
    ledger.trials()  # they are read once a run
    taken = []
    with ledger.kept():
        for _ in range(count):
            began = clock()
            ledger.ask()
            taken.append(clock() - began)
        ledger.reap()
    storage.engine.dispose()
    return taken
