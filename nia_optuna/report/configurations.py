"""Configurations in tables: the recommended beside the baselines, and the best of the search."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.facts import ParameterFacts, StudyFacts, TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words

TOP = 10


def best_table(found: Findings) -> dict[str, Any]:
    """Return the columns (winner, baselines) and rows of the table that the report turns on."""
    if found.winner is None:
        return {"columns": [], "rows": []}
    facts = found.facts
    # Where a baseline won, the best searched configuration is what to hold beside it.
    searched = next((t for t in found.ranked if t.baseline is None), None)
    columns = [found.winner]
    if found.winner.baseline is not None and searched is not None:
        columns.append(searched)
    columns += [trial for trial in found.baselines if trial is not found.winner]
    ranges = _ranges(facts, columns)
    rows = [
        (p.name, [_value(trial, p.name) for trial in columns], p.searched) for p in ranges.values()
    ]
    rows += [
        (what, cells, "")
        for what, cells in (
            (
                f"validation {facts.metric} in the search (one seed)",
                [_search(facts, t) for t in columns],
            ),
            (
                f"confirmed validation {facts.metric}",
                [_estimate(found, t, "validation") for t in columns],
            ),
            (f"test {facts.metric}", [_estimate(found, t, "test") for t in columns]),
            ("trainable parameters", [_count(t.parameters) for t in columns]),
            ("training time in the search", [words.duration(t.seconds) for t in columns]),
        )
    ]
    rows = [row for row in rows if row[2] or set(row[1]) != {words.NOTHING}]
    names = [words.label(t) for t in columns]
    return {"columns": [names[0] + " (recommended)", *names[1:]], "rows": rows}


def top_table(found: Findings) -> dict[str, Any]:
    """Return the ten best trials of the search; parameters that are the same in all stand apart."""
    facts, top = found.facts, found.ranked[:TOP]
    names = sorted({name for trial in top for name in trial.configuration})
    same = [n for n in names if len(top) > 1 and len({_value(t, n) for t in top}) == 1]
    varied = [n for n in names if n not in same]
    rows = [
        [
            str(rank),
            words.label(trial).removeprefix("the "),
            words.metric(facts, trial.value),
            _estimate(found, trial, "validation"),
            str(trial.epochs),
            words.duration(trial.seconds),
            *(_value(trial, name) for name in varied),
        ]
        for rank, trial in enumerate(top, start=1)
    ]
    head = ["rank", "trial", "validation (one seed)", "confirmed", "epochs", "time", *varied]
    constant = [f"{name} {_value(top[0], name)}" for name in same]
    return {"columns": head, "rows": rows, "same": words.listed(constant) if constant else ""}


def _ranges(facts: StudyFacts, trials: list[TrialFacts]) -> dict[str, ParameterFacts]:
    """Return the parameters that any of `trials` uses, in the order of the study's space."""
    used = {name for trial in trials for name in trial.configuration}
    known = {p.name: p for p in facts.space if p.name in used}
    return known | {
        name: ParameterFacts(name, None, "") for name in sorted(used) if name not in known
    }


def _value(trial: TrialFacts, name: str) -> str:
    if name not in trial.configuration:
        return words.NOTHING
    return words.parameter(trial.configuration[name])


def _search(facts: StudyFacts, trial: TrialFacts) -> str:
    return words.metric(facts, trial.value) if trial.state == "complete" else trial.state


def _estimate(found: Findings, trial: TrialFacts, part: str) -> str:
    if part == "validation" and trial.number in found.failed:
        return words.failed(found.failed[trial.number])
    mine = found.confirmed.get(trial.number)
    if mine is None:
        return words.NOTHING
    return words.estimate(found.facts, mine.test if part == "test" else mine.validation)


def _count(number: int | None) -> str:
    return words.NOTHING if number is None else f"{number:,}"
