"""Whether pruning looked at values that say where a training ends, in words."""

from __future__ import annotations

from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.numbers import minus

_STRONG, _SOME = 0.8, 0.5


def pruning_audit(found: Findings) -> str:
    """Return how well the value pruning went by ranks final values; empty where none was pruned."""
    audit = found.pruning
    if audit is None:
        return ""
    trials = words.count(audit.trials, "complete trial")
    where = (
        f"More were pruned after epoch {audit.epoch} than after any other"
        if audit.most_alone
        else f"After no epoch were more pruned than after epoch {audit.epoch}"
    )
    if audit.correlation is None:
        judged = f"cannot be judged by {trials}"
        return f"{where}; whether values there say which trials end best {judged}."
    return (
        f"{where}. Over {trials} that trained on, the rank correlation (Spearman) of the value "
        f"there with the final one is {minus(f'{audit.correlation:.2f}')}: "
        f"{_means(audit.correlation)}. Trials that were pruned are not in it."
    )


def could_ask(found: Findings) -> bool:
    """Return whether a run of the study could tell where pruned trials would have ended.

    Not of a study that another tool made, and not where somebody has asked already.
    """
    return found.pruning_check is None and bool(found.facts.settings)


def _means(correlation: float) -> str:
    if correlation >= _STRONG:
        return "who led there led at the end too"
    if correlation >= _SOME:
        return "the order there was a fair guess at the final one, and pruning had its price"
    return "the order there said little of the final one, so good configurations may be lost"
