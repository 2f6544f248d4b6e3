"""What the study cost, in words and rows."""

from __future__ import annotations

from nia_optuna.findings.cost import Spent
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.numbers import share

_STATES = {
    "complete": "trained to the end",
    "pruned": "pruned",
    "failed": "failed",
    "running": "still running, or left by a killed run",
}


def cost_table(found: Findings) -> list[list[str]]:
    """Return trainings, epochs and training time by how trials ended, and of what came after."""
    parts: list[tuple[str, Spent]] = [
        (_STATES[state], spent) for state, spent in found.cost.search.items() if spent.trainings
    ]
    if found.cost.confirmation.trainings:
        parts.append(("confirmation", found.cost.confirmation))
    if found.cost.pruning_check.trainings:
        parts.append(("pruned, finished for the check", found.cost.pruning_check))
    return [
        [what, f"{spent.trainings:,}", f"{spent.epochs:,}", words.duration(spent.seconds)]
        for what, spent in parts
    ]


def saved(found: Findings) -> str:
    """Return what was trained and, where it is known, what pruning saved."""
    spent = found.cost
    trained = f"{spent.epochs_trained:,} epochs were trained"
    if spent.wall_seconds is not None:
        trained += f" in {words.duration(spent.wall_seconds)} of wall time"
    if spent.epochs_saved is None:
        return f"{trained}."
    if not spent.epochs_saved:
        return f"{trained}; pruning saved none."
    whole = sum(part.epochs for part in spent.search.values()) + spent.epochs_saved
    return (
        f"{trained}. Pruning saved {spent.epochs_saved:,} of the {whole:,} epochs that the "
        f"{words.search(found.facts)} would have trained without it "
        f"({share(spent.epochs_saved / whole)})."
    )
