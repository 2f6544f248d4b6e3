"""Classes in a table and in sentences: how many were recognised, and what for they were taken."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.by_class import ByClass
from nia_optuna.findings.confirmation import Estimate
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.on_test import OnTest
from nia_optuna.report import words
from nia_optuna.report.numbers import minus, percent, times

MOST = 20
"""Classes that are shown; of more, those least recognised."""

_NAMED = 3  # of several classes that one was mistaken for equally often


def class_table(found: Findings, test: OnTest) -> dict[str, Any]:
    """Return the columns, the rows and a sentence a class; `of` is how many classes there are.

    All classes in their order, or the MOST least recognised ones, the worst first.
    """
    gains = test.gains or (None,) * len(test.classes)
    pairs = list(zip(test.classes, gains, strict=True))
    if len(pairs) > MOST:
        # Classes without examples have no recall; they are the least worth a line.
        pairs = sorted(pairs, key=lambda pair: 2 if pair[0].recall is None else pair[0].recall)
        pairs = pairs[:MOST]
    columns = ["class", "examples", "recognised", "recall", "precision"]
    if test.gains and found.reference:
        columns.append(f"recall over seeds against {words.label(found.reference)}")
    return {
        "columns": columns,
        "rows": [_row(each, gain)[: len(columns)] for each, gain in pairs],
        "sentences": [sentence(each) for each, _ in pairs],
        "of": len(test.classes),
    }


def sentence(of: ByClass) -> str:
    """Return "4 was most often taken for 9, 49 times (5.0 % of 982)."."""
    if not of.examples:
        return f"{of.name} has no example in the test part."
    if not of.taken_for:
        return f"{of.name} was never mistaken ({of.right:,} of {of.examples:,})."
    named = list(of.taken_for[:_NAMED])
    if len(of.taken_for) > _NAMED:
        named.append(words.count(len(of.taken_for) - _NAMED, "other"))
    each = " each" if len(of.taken_for) > 1 else ""
    part = percent(of.times / of.examples)
    return (
        f"{of.name} was most often taken for {words.listed(named)}, {times(of.times)}{each} "
        f"({part} of {of.examples:,})."
    )


def _row(of: ByClass, gain: Estimate | None) -> list[str]:
    return [
        of.name,
        f"{of.examples:,}",
        f"{of.right:,}",
        words.NOTHING if of.recall is None else percent(of.recall),
        words.NOTHING if of.precision is None else percent(of.precision),
        _gain(gain),
    ]


def _gain(gain: Estimate | None) -> str:
    if gain is None:
        return words.NOTHING
    width = f" ± {100 * (gain.ci95[1] - gain.mean):.1f}" if gain.ci95 else ""
    return minus(f"{100 * gain.mean:+z.1f}{width} points")
