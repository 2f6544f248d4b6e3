"""Errors in tables: how many of each configuration, and the largest of a regression."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.errors import Errors
from nia_optuna.findings.misses import Misses
from nia_optuna.findings.on_test import OnTest
from nia_optuna.report import words
from nia_optuna.report.numbers import minus, number, share, times


def error_table(test: OnTest) -> dict[str, Any]:
    """Return columns and a row for each scored configuration, the recommended one first."""
    rows = [
        [
            words.label(each.trial),
            f"{each.wrong:,}" + ("" if each.seed == test.run.seed else f" (seed {each.seed})"),
            f"{each.mean:,.1f} ({words.count(each.seeds, 'seed')})",
            f"{each.of:,}",
        ]
        for each in test.errors
    ]
    columns = ["configuration", f"errors with seed {test.run.seed}", "mean over seeds", "of"]
    return {"columns": columns, "rows": rows}


def confused(test: OnTest) -> list[str]:
    """Return for each scored configuration its errors and what it mistook most often."""
    return [f"{words.label(each.trial)}: {_confused(each)}" for each in test.errors]


def _confused(each: Errors) -> str:
    """Return "338 errors; most often cat was taken for dog, 112 times"."""
    if not each.confused:
        return "no errors."
    first, *level = each.confused
    others = f", as often as {words.count(len(level), 'other mistake')}" if level else ""
    return (
        f"{words.count(each.wrong, 'error')}; most often {first.true} was taken for "
        f"{first.taken_for}, {times(first.times)}{others}."
    )


def miss_table(found: Misses) -> list[list[str]]:
    """Return a row for each of the largest errors: example, true, predicted, error."""
    return [
        [
            f"{miss.example:,}",
            number(miss.true),
            number(miss.predicted),
            ("+" if miss.error > 0 else "") + number(miss.error),
        ]
        for miss in found.largest
    ]


def explained(found: Misses) -> str:
    """Return what share of the variance the predictions explain, in a sentence."""
    if found.explained is None:
        return "All true numbers of the test part are the same."
    r2 = minus(f"{found.explained:.3f}")
    if found.explained < 0:
        return f"The predictions are worse than always answering the mean (R² {r2})."
    return (
        f"The predictions explain {share(found.explained)} of the variance of the test part "
        f"(R² {r2})."
    )
