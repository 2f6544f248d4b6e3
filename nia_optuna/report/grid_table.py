"""Every cell of a grid in a table, and which of them came to nothing."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.learned import trained
from nia_optuna.report import words

_STATES = {"complete": "trained", "waiting": "not trained yet", "running": "running"}


def grid_table(found: Findings) -> dict[str, Any] | None:
    """Return a row for every cell, sorted by its parameters; None where there is no grid."""
    made = found.grid
    if made is None:
        return None
    facts, cells = found.facts, made.cells
    rows = [
        [
            *map(words.parameter, made.key(cell, tuple(made.values))),
            words.searched(facts, cell) if cell.state in ("complete", "pruned") else words.NOTHING,
            f"{cell.epochs_trained:,}",
            _state(cell),
            words.duration(cell.seconds),
        ]
        for cell in cells
    ]
    value = f"validation {words.measure(facts.metric)} ({words.seeds_each(facts)})"
    return {
        "columns": [*made.values, value, "epochs", "state", "time"],
        "rows": rows,
        "trained_on": any(trained(facts, cell) for cell in cells),
        "trained": sum(cell.state == "complete" for cell in cells),
    }


def _state(cell: TrialFacts) -> str:
    if cell.state == "failed":
        return f"failed: {cell.failure or 'no reason recorded'}"
    return _STATES.get(cell.state, cell.state)
