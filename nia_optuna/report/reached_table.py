"""How many epochs each configuration needed to reach a given metric."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.learned import Learned
from nia_optuna.report import words


def reached_table(found: Findings) -> dict[str, Any]:
    """Return columns (the recommended one and the baselines), and a row for every target."""
    facts = found.facts
    sources = {_source(found, each) for each in found.learned}
    rows = [[words.target(facts, row.target), *map(_epochs, row.epochs)] for row in found.reached]
    return {
        "columns": [
            f"validation {words.measure(facts.metric)}",
            *(_head(found, each) for each in found.learned),
        ],
        "rows": rows,
        "source": words.listed(sorted(sources)) if len(sources) > 1 else next(iter(sources), ""),
        "mixed": len(sources) > 1,
    }


def _source(found: Findings, each: Learned) -> str:
    return words.search(found.facts) if each.source == "search" else each.source


def _head(found: Findings, each: Learned) -> str:
    """Return "trial 14 (3 fresh seeds)"."""
    seeds = len(each.curves)
    if each.source == "search":
        return f"{words.label(each.trial)} ({_source(found, each)}, {words.count(seeds, 'seed')})"
    return f"{words.label(each.trial)} ({words.count(seeds, 'fresh seed')})"


def _epochs(epochs: tuple[int | None, ...]) -> str:
    """Return "11", "10 to 12", "10 to 12 (2 of 3 seeds)", or that it was never reached."""
    known = [epoch for epoch in epochs if epoch is not None]
    if not known:
        return "never"
    low, high = min(known), max(known)
    said = str(low) if low == high else f"{low} to {high}"
    return said if len(known) == len(epochs) else f"{said} ({len(known)} of {len(epochs)} seeds)"
