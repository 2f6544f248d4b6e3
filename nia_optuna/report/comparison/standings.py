"""One row a study: what it recommends, how that fared again, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nia_optuna.findings.comparison import Comparison, Standing
from nia_optuna.report import words


def standings(found: Comparison) -> dict[str, Any]:
    """Return columns and rows; data and metric have columns where values do not all compare."""
    apart = len(found.groups) > 1
    columns = [
        *(("data", "metric") if apart else ()),
        "recommended",
        "best of the search (validation)",
        "confirmed (validation)",
        "test",
        "finished trials",
        "epochs",
        "time",
    ]
    return {
        "columns": columns,
        "rows": [(each.facts.name, _cells(each, apart=apart)) for each in found.standings],
    }


def judged(found: Comparison) -> str:
    """Return what is measured on what, where that is the same for all: "accuracy on digits"."""
    facts = found.standings[0].facts
    if len(found.groups) > 1:
        return ""
    better = "higher" if facts.direction == "maximize" else "lower"
    return (
        f"All values are of {words.measure(facts.metric)} on {facts.dataset.name or 'one data set'}"
        f"; {better} is better."
    )


def _cells(each: Standing, *, apart: bool) -> list[str]:
    facts = each.facts
    data = [facts.dataset.name or words.NOTHING, words.measure(facts.metric)] if apart else []
    finished = len(facts.of_state("complete")) + len(facts.of_state("pruned"))
    return [
        *data,
        words.label(each.winner) if each.winner else words.NOTHING,
        words.searched(facts, each.searched) if each.searched else words.NOTHING,
        *_fresh(each),
        f"{finished:,}",
        f"{each.cost.epochs_trained:,}",
        words.duration(each.cost.wall_seconds),
    ]


def _fresh(each: Standing) -> Sequence[str]:
    """Return the means over fresh seeds on validation and on test."""
    if each.failed is not None:
        return words.failed(each.failed), words.NOTHING
    if each.confirmed is None:
        return "not confirmed", words.NOTHING
    return (
        words.estimate(each.facts, each.confirmed.validation),
        words.estimate(each.facts, each.confirmed.test),
    )
