"""What trials that were cut short would have reached, by the rule that the search went by."""

from __future__ import annotations

from functools import cache
from statistics import median

from nia_optuna.findings.facts import StudyFacts, TrialFacts


def imputed(facts: StudyFacts) -> dict[int, float]:
    """Return a final value for every finished trial, by number; without any complete one nothing.

    Complete trials keep theirs. A pruned one gets the value of its last epoch plus the median of
    what complete trials gained from that epoch to their end. A failed one gets the worst value of
    all. Those that left no finite value to start from are not in it.
    """
    complete = {t.number: t.value for t in facts.of_state("complete") if t.value is not None}
    if not complete:
        return {}
    by_epoch = [(t.value, _by_epoch(t)) for t in facts.of_state("complete") if t.value is not None]

    @cache
    def later(epoch: int) -> float:
        gains = [value - metric[epoch] for value, metric in by_epoch if epoch in metric]
        return median(gains) if gains else 0.0

    values = dict(complete)
    for trial in facts.of_state("pruned"):
        metric = _by_epoch(trial)
        if metric:
            last = max(metric)
            values[trial.number] = metric[last] + later(last)
    worst = (min if facts.direction == "maximize" else max)(values.values())
    return values | dict.fromkeys((t.number for t in facts.of_state("failed")), worst)


def _by_epoch(trial: TrialFacts) -> dict[int, float]:
    return {e.number: e.metric for e in trial.curve if e.metric is not None}
