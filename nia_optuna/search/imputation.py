"""What a trial that was cut short would have reached, so that a sampler can learn from it.

Optuna's samplers rank every completed trial above every pruned one, so that early, mediocre
completions look good to them for ever. Showing a pruned trial as complete, with the value it
was heading for, mends that.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState


def imputed_values(trials: Sequence[FrozenTrial], direction: StudyDirection) -> dict[int, float]:
    """Return a final value for every finished trial, by number.

    Complete trials keep theirs. A pruned one gets its last value plus the median gain that
    completed trials made from that epoch on (none yet: its last value). A failed one gets the
    worst value of all, so that a region where trainings diverge is left; with nothing finished
    yet, failed ones are left out.
    """
    complete = [t for t in trials if t.state == TrialState.COMPLETE]
    values = {t.number: t.values[0] for t in complete}
    for trial in trials:
        if trial.state == TrialState.PRUNED and trial.intermediate_values:
            last = max(trial.intermediate_values)
            values[trial.number] = trial.intermediate_values[last] + median_gain(complete, last)
    if values:
        ends = min if direction == StudyDirection.MAXIMIZE else max
        worst = ends(values.values())
        values |= {t.number: worst for t in trials if t.state == TrialState.FAIL}
    return values


def median_gain(complete: Sequence[FrozenTrial], epoch: int) -> float:
    """Return the median of final value minus value at `epoch`; 0 where no trial tells."""
    gains = [
        t.values[0] - t.intermediate_values[epoch]
        for t in complete
        if epoch in t.intermediate_values
    ]
    return median(gains) if gains else 0.0
