"""Learning curves of perceptrons: LCBench through YAHPO's surrogate.

Zimmer, Lindauer & Hutter 2021, arXiv 2006.13799 (2,000 configurations on each of 34 data sets, 52
epochs); Pfisterer et al. 2022, arXiv 2109.03670 (the surrogate, a network fitted to them). It has
no noise, and is smoother than trainings are.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.problem import Curve, Problem
from nia_optuna.branches import random_answer
from nia_optuna.space import Space, Value

TASKS = (
    *("126026", "146212", "167168", "168335", "189865", "189909", "34539", "3945"),
    *("126025", "167083", "167149", "167161", "167184", "167190", "167201", "168330"),
    *("168868", "168910", "189862", "189873", "189906", "7593"),
)
"""Those that the search was developed on. The others were never looked at."""

REFERENCE = 4000
"""So many random configurations are behind the accuracy that regret is counted from."""

# What stands for a configuration in the surrogate, in its order, behind the epoch.
COLUMNS = (
    *("batch_size", "learning_rate", "momentum", "weight_decay"),
    *("num_layers", "max_units", "max_dropout"),
)


def draw(space: Space) -> dict[str, Value]:
    """Ask for LCBench's own space; the defaults are the middles of the ranges, on their scales."""
    return {
        "batch_size": space.integer("batch_size", 16, 512, default=91, log=True),
        "learning_rate": space.log("learning_rate", 1e-4, 1e-1, default=10**-2.5),
        "momentum": space.uniform("momentum", 0.1, 0.99, default=0.545),
        "weight_decay": space.uniform("weight_decay", 1e-5, 1e-1, default=0.05),
        **_network(space),
    }


def draw_branches(space: Space) -> dict[str, Value]:
    """Ask for the conditional variant: an optimizer with a learning rate and a decay of its own.

    Both branches are the surrogate's SGD; "second", the default, is worse by one point at every
    epoch. So a search has to find the better branch, and the learning rate of that one.
    """
    return {
        "batch_size": space.integer("batch_size", 16, 512, default=91, log=True),
        "momentum": space.uniform("momentum", 0.1, 0.99, default=0.545),
        **space.one_of("optimizer", first, second, default=second),
        **_network(space),
    }


def first(space: Space) -> dict[str, Value]:
    """Ask for the parameters of the better branch."""
    return {
        "learning_rate": space.log("learning_rate", 1e-4, 1e-1, default=10**-2.5),
        "weight_decay": space.uniform("weight_decay", 1e-5, 1e-1, default=0.05),
    }


def second(space: Space) -> dict[str, Value]:
    """Ask for the parameters of the other branch, which is a point worse."""
    return {**first(space), "penalty": 1.0}


def _network(space: Space) -> dict[str, Value]:
    return {
        "num_layers": space.integer("num_layers", 1, 5, default=3),
        "max_units": space.integer("max_units", 64, 1024, default=256, log=True),
        "max_dropout": space.uniform("max_dropout", 0.0, 1.0, default=0.5),
    }


@dataclass(frozen=True)
class Surrogate:
    """YAHPO's LCBench surrogate: `folder` holds its model.onnx and encoding.json."""

    folder: Path

    @cached_property
    def _codes(self) -> dict[str, int]:
        text = (self.folder / "encoding.json").read_text()
        return dict(json.loads(text)["OpenML_task_id"])

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401  # onnxruntime has no types
        import onnxruntime  # only this benchmark needs it

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(self.folder / "model.onnx", options)

    def curves(
        self, task: str, rows: NDArray[np.float64], epochs: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return accuracies in percent and seconds from the start, both (configurations, epochs).

        `rows` are (configurations, 7), as `COLUMNS` has them.
        """
        inputs = np.empty((len(rows) * epochs, 1 + len(COLUMNS)), np.float32)
        inputs[:, 0] = np.tile(np.arange(1, epochs + 1), len(rows))
        inputs[:, 1:] = np.repeat(rows, epochs, axis=0)
        codes = np.full((len(inputs), 1), self._codes[task], np.int32)
        (answers,) = self._session.run(None, {"x_cat": codes, "x_cont": inputs})
        shape = len(rows), epochs
        return answers[:, 1].reshape(shape).astype(float), answers[:, 0].reshape(shape).astype(
            float
        )


@cache
def reference(surrogate: Surrogate, task: str, epochs: int) -> tuple[float, float]:
    """Return the best last accuracy of `REFERENCE` random configurations, and their seconds.

    The seconds are the median of a whole training.
    """
    answer = random_answer(random.Random(0))  # noqa: S311  # no secret is drawn
    rows = np.array([_row(draw(Space(answer))) for _ in range(REFERENCE)])
    parts = [
        surrogate.curves(task, part, epochs) for part in np.array_split(rows, REFERENCE // 100)
    ]
    best = max(float(accuracies[:, -1].max()) for accuracies, _ in parts)
    return best, float(np.median(np.concatenate([ends[:, -1] for _, ends in parts])))


def _row(drawn: Mapping[str, Value]) -> list[float]:
    return [float(drawn[name]) for name in COLUMNS]  # type: ignore[arg-type]  # all are numbers


def problem(
    surrogate: Surrogate, task: str, epochs: int, asked: Callable[[Space], dict[str, Value]] = draw
) -> Problem:
    """Return one task, trained for so many of its 52 epochs."""

    @cache
    def known(values: tuple[tuple[str, Value], ...]) -> Curve:
        drawn = asked(Space(lambda parameter: dict(values)[parameter.name]))
        accuracies, ends = surrogate.curves(task, np.array([_row(drawn)]), epochs)
        penalty = float(drawn.get("penalty", 0.0))  # type: ignore[arg-type]  # a number, too
        seconds = np.maximum(np.diff(ends[0], prepend=0.0), 1e-3)
        return Curve(tuple((accuracies[0] - penalty).tolist()), tuple(seconds.tolist()))

    def curve(params: Mapping[str, Value], seed: int) -> Curve:  # noqa: ARG001  # it has no noise
        return known(tuple(sorted(params.items())))

    def truth(params: Mapping[str, Value]) -> float:
        return max(curve(params, 0).accuracies)

    variant = "-branches" if asked is draw_branches else ""
    name = f"lcbench{variant}/{task}/{epochs}"
    return Problem(name, epochs, *reference(surrogate, task, epochs), asked, curve, truth)
