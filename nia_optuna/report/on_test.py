"""The recommended network on the test part, in words and rows."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.on_test import OnTest, Source
from nia_optuna.report import words
from nia_optuna.report.by_class import class_table
from nia_optuna.report.errors import confused, error_table, explained, miss_table
from nia_optuna.report.losses import costly_table, loss_table

_MISSING: dict[Source, str] = {
    "read": "",
    "not recorded": "What it answered example by example was not recorded",
    "not found": "What it answered example by example was not found among the artifacts here",
    "not readable": "What it answered example by example could not be read",
}


def on_test(found: Findings) -> dict[str, Any] | None:
    """Return the values of the section, None where there is nothing to say."""
    test = found.on_test
    if test is None:
        return None
    return {
        "network": _network(found, test),
        "missing": _missing(test),
        "errors": error_table(test),
        "confused": confused(test),
        "classes": class_table(found, test),
        "mistakes": len(test.mistakes),
        "misses": miss_table(test.misses) if test.misses else [],
        "explained": explained(test.misses) if test.misses else "",
        "losses": loss_table(test),
        "costliest": costly_table(test),
    }


def _network(found: Findings, test: OnTest) -> str:
    facts, run = found.facts, test.run
    trial = facts.trial(run.trial)
    who = words.label(trial) if trial else f"trial {run.trial}"
    rank = "median" if words.resplit(facts) else "best"
    why = (
        f"whose weights were kept because it was the {rank} of its seeds on validation"
        if test.is_kept
        else "its first; no weights are known to have been kept"
    )
    size = f" on {facts.dataset.test:,} {words.examples(facts)}" if facts.dataset.test else ""
    return (
        f"This is {who} trained with seed {run.seed}, {why}: "
        f"test {words.measure(facts.metric)} {words.metric(facts, run.test)}{size}."
    )


def _missing(test: OnTest) -> str:
    if not _MISSING[test.source]:
        return ""
    pictures = "pictures of its mistakes" if test.names else "plot of predicted against true values"
    return f"{_MISSING[test.source]}, so there are no {pictures}."
