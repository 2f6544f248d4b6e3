"""The losses of the scored configurations side by side."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.confirmation import Estimate
from nia_optuna.findings.losses import LOSSES, nothing_learned
from nia_optuna.findings.on_test import OnTest
from nia_optuna.report import words
from nia_optuna.report.numbers import number


def loss_table(test: OnTest) -> dict[str, Any]:
    """Return columns and a row for each scored configuration, the recommended one first.

    Where classes are told apart a last row says what equal probabilities for all would lose.
    """
    names = [name for name in LOSSES if any(name in each.means for each in test.losses)]
    classes = len(test.names)
    rows = [
        [
            words.label(each.trial),
            *(_mean(each.means.get(name), classes) for name in names),
        ]
        for each in test.losses
    ]
    if rows and classes > 1:
        blank = nothing_learned(classes)
        rows.append(["nothing learned", *(f"{blank[name]:.4f}" for name in names)])
    return {"columns": ["configuration", *names], "rows": rows}


def costly_table(test: OnTest) -> dict[str, Any]:
    """Return columns and a row for each of the examples that cost the network most."""
    rows = [
        [
            f"{each.example:,}",
            each.true,
            each.taken_for,
            *(f"{each.losses[name]:.4f}" for name in LOSSES),
        ]
        for each in test.costliest
    ]
    return {"columns": ["test example", "is", "taken for", *LOSSES], "rows": rows}


def _mean(found: Estimate | None, classes: int) -> str:
    """Return "0.0685 ± 0.0042", or without a fixed place of the point where targets have a unit."""
    if found is None:
        return words.NOTHING
    show = "{:.4f}".format if classes else number
    half = None if found.ci95 is None else found.ci95[1] - found.mean
    return show(found.mean) if half is None else f"{show(found.mean)} ± {show(half)}"
