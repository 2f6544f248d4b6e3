"""A comparison → the values that the template shows: rows of words, no Markdown."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.comparison import Comparison
from nia_optuna.report.comparison.believe import believe, method_name
from nia_optuna.report.comparison.differences import difference_rows
from nia_optuna.report.comparison.differing import differing_rows
from nia_optuna.report.comparison.limits import limits
from nia_optuna.report.comparison.side_by_side import side_by_side
from nia_optuna.report.comparison.standings import judged, standings
from nia_optuna.report.plots.compared import is_timed


def comparison_page(found: Comparison, plots: set[str]) -> dict[str, Any]:
    """Return the template's variables; `plots` are the names of the pictures there are."""
    return {
        "studies": [each.facts.name for each in found.standings],
        "questions": [
            (each.facts.name, each.facts.question or "asks no question") for each in found.standings
        ],
        "judged": judged(found),
        "believe": believe(found),
        "standings": standings(found),
        "differences": difference_rows(found, found.apart),
        "methods": [
            (method_name(each), ", ".join(each.studies))
            for each in found.methods
            if len(each.studies) > 1
        ],
        "method_differences": difference_rows(found, found.methods_apart),
        "side_by_side": side_by_side(found),
        "differing": differing_rows(found),
        "plots": plots,
        "timed": is_timed(found),
        "limits": limits(found),
    }
