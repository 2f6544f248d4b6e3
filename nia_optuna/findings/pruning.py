"""Whether the value that trials were pruned by says where they end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from nia_optuna.findings.facts import StudyFacts, TrialFacts

FEWEST = 5
"""Complete trials below which a rank correlation is chance."""


@dataclass(frozen=True)
class PruningAudit:
    """How the values after `epoch`, where most were pruned, rank `trials` that went on.

    `epoch` is the number that reports have it under; with `most_alone` no other saw as many pruned.
    `correlation` is Spearman's, -1 to 1, between those values and the final ones of the same
    trainings; None for fewer than FEWEST trials or values that are all the same.
    """

    epoch: int
    trials: int
    correlation: float | None
    most_alone: bool = True


def pruning_audit(facts: StudyFacts) -> PruningAudit | None:
    """Return the audit of the epoch after which most trials were pruned, None where none was.

    Of epochs with as many the first. Only complete trials that trained longer tell anything.
    """
    after = Counter(trial.last_epoch for trial in facts.of_state("pruned") if trial.curve)
    if not after:
        return None
    epoch = min(after, key=lambda each: (-after[each], each))
    pairs = [
        (early, trial.values[0])
        for trial in facts.of_state("complete")
        if trial.values and (early := _at(trial, epoch)) is not None
    ]
    alone = list(after.values()).count(after[epoch]) == 1
    return PruningAudit(epoch, len(pairs), _spearman(pairs), alone)


def _at(trial: TrialFacts, epoch: int) -> float | None:
    """Return the metric after `epoch` of a training that did not end there."""
    if trial.last_epoch <= epoch:
        return None
    return next((each.metric for each in trial.curve if each.number == epoch), None)


def _spearman(pairs: list[tuple[float, float]]) -> float | None:
    from scipy.stats import spearmanr  # loads slowly; status must not

    early, final = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if len(pairs) < FEWEST or len(set(early)) == 1 or len(set(final)) == 1:
        return None
    return float(spearmanr(early, final).statistic)
