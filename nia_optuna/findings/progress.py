"""How far a search is: what counts towards its total, and what it still owes."""

from __future__ import annotations

from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.grid import is_grid


def finished(facts: StudyFacts) -> int:
    """Return how many trials count towards the total: complete, pruned, and failed cells.

    Of a grid every cell counts once, and baselines that are no cells do not.
    """
    if is_grid(facts):
        ended = ("complete", "pruned", "failed")
        return len({t.cell for t in facts.trials if t.cell is not None and t.state in ended})
    return len(facts.of_state("complete")) + len(facts.of_state("pruned"))


def asked(facts: StudyFacts) -> int | None:
    """Return the total that was asked for, None where the storage does not say.

    Of a grid there are no more than its cells, which wait in the storage from the beginning.
    """
    total = facts.settings.get("trials")
    if not isinstance(total, int):
        return None
    cells = {trial.cell for trial in facts.trials if trial.cell is not None}
    return min(total, len(cells)) if is_grid(facts) else total
