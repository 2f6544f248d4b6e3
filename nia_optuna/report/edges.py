"""Whether the best may lie beyond what was searched, in a sentence."""

from __future__ import annotations

from nia_optuna.findings.edges import Edge
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.numbers import short


def at_edges(found: Findings) -> str:
    """Return which values are near an end of their range; empty where none is."""
    if not found.edges:
        return ""
    several = len(found.edges) > 1
    return (
        f"The best may lie beyond what was searched: {words.listed(list(map(_edge, found.edges)))} "
        f"in the recommended configuration. Widen {'these ranges' if several else 'this range'} "
        "there, where that makes sense, and search again."
    )


def _edge(edge: Edge) -> str:
    """Return "lr 0.1 is at the upper end of 0.0003 to 0.1 (log)"."""
    end = edge.between.low if edge.side == "lower" else edge.between.high
    where = "at" if edge.value == end else "near"
    ends = f"{short(edge.between.low)} to {short(edge.between.high)}"
    scale = " (log)" if edge.between.log else ""
    return (
        f"{edge.name} {words.parameter(edge.value)} is {where} the {edge.side} end of {ends}{scale}"
    )
