"""How well the recommended networks of a study answered each example of the test part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nia_optuna.findings.facts import RunFacts, StudyFacts
from nia_optuna.findings.on_test import Load
from nia_optuna.findings.scored import scored_runs
from nia_optuna.findings.standing import winner
from nia_optuna.predictions import Predictions, from_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAME = 1e-3  # relative: what reduced precision may move the mean of a metric


@dataclass(frozen=True, eq=False)
class ByExample:
    """The metric example by example, (n,), the mean over `networks` trainings, and the targets.

    0 or 1 where an answer is judged right or wrong; squared or absolute errors in regression.
    """

    scores: NDArray[np.float64]
    targets: NDArray[np.float64]
    networks: int


def by_example(facts: StudyFacts, load: Load) -> ByExample | None:
    """Return what the recommended configuration's trainings answered; `load` gives artifacts.

    None unless every training that met the test part left its answers, on the same examples, and
    their mean is the test metric that was recorded. Metrics that are losses have none.
    """
    best = winner(facts)
    runs = scored_runs(facts, best.number) if best else ()
    found = [_answered(facts.metric, run, load) for run in runs]
    known = [each for each in found if each is not None]
    if not known or len(known) < len(found):
        return None
    targets = known[0][1]
    if any(not np.array_equal(targets, others) for _, others in known):
        return None
    return ByExample(np.mean([scores for scores, _ in known], axis=0), targets, len(known))


def _answered(
    metric: str, run: RunFacts, load: Load
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    if run.predictions is None or run.test is None:
        return None
    try:
        content = load(run.predictions)
        made = None if content is None else from_bytes(content)
    except (OSError, ValueError):
        return None
    scores = None if made is None else _scores(metric, made)
    if made is None or scores is None:
        return None
    # Answers whose mean is another are not those of this training.
    if not math.isclose(float(scores.mean()), run.test, rel_tol=_SAME, abs_tol=1e-9):
        return None
    return scores, made.targets.astype(np.float64)


def _scores(metric: str, made: Predictions) -> NDArray[np.float64] | None:
    if metric == "accuracy" and made.outputs.ndim > 1:
        return np.asarray(made.outputs.argmax(1) == made.targets, np.float64)
    if metric in ("mse", "mae") and made.outputs.ndim == 1:
        errors = made.outputs.astype(np.float64) - made.targets.astype(np.float64)
        return np.asarray(errors**2 if metric == "mse" else np.abs(errors), np.float64)
    return None
