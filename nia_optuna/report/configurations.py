"""Configurations in tables: the recommended beside the baselines, and the best of the search."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.facts import ParameterFacts, StudyFacts, TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.standing import reported
from nia_optuna.report import words

TOP = 10


def best_table(found: Findings) -> dict[str, Any]:
    """Return the columns (winner, baselines) and rows of the table that the report turns on."""
    if found.winner is None:
        return {"columns": [], "rows": [], "recipes": []}
    facts, measure = found.facts, words.measure(found.facts.metric)
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
                f"validation {measure} in the {words.search(facts)} ({words.seeds_each(facts)})",
                [_search(facts, t) for t in columns],
            ),
            (
                f"confirmed validation {measure}",
                [_estimate(found, t, "validation") for t in columns],
            ),
            (f"test {measure}", [_estimate(found, t, "test") for t in columns]),
            (
                f"test {measure} that its author reported",
                [words.metric(facts, reported(facts, t)) for t in columns],
            ),
            *_against(found, columns),
            ("trainable parameters", [_count(t.parameters) for t in columns]),
            (
                f"time of a training in the {words.search(facts)}",
                [words.duration(t.seconds_each) for t in columns],
            ),
        )
    ]
    rows = [row for row in rows if row[2] or set(row[1]) != {words.NOTHING}]
    names = [words.label(t) for t in columns]
    return {
        "columns": [names[0] + " (recommended)", *names[1:]],
        "rows": rows,
        "recipes": [(words.label(t), t.recipe) for t in columns if t.recipe is not None],
    }


def top_table(found: Findings) -> dict[str, Any]:
    """Return the ten best trials of the search; parameters that are the same in all stand apart.

    Those that only some of them have share a column. Baselines outside of the space have none and
    do not count there. Epochs and time are of all seeds of a trial.
    """
    facts, top = found.facts, found.ranked[:TOP]
    inside = [trial for trial in top if trial.recipe is None]
    names = sorted({name for trial in top for name in trial.configuration})
    same = [n for n in names if len(inside) > 1 and len({_value(t, n) for t in inside}) == 1]
    everywhere = [n for n in names if all(n in trial.configuration for trial in inside)]
    varied = [n for n in everywhere if n not in same]
    branched = [n for n in names if n not in everywhere]
    rows = [
        [
            str(rank),
            words.label(trial).removeprefix("the "),
            words.searched(facts, trial),
            _estimate(found, trial, "validation"),
            f"{trial.epochs_trained:,}",
            words.duration(trial.seconds),
            *(_value(trial, name) for name in varied),
            *([_branch(trial, branched)] if branched else []),
        ]
        for rank, trial in enumerate(top, start=1)
    ]
    value = f"validation ({words.seeds_each(facts)})"
    branch = ["of its branch alone"] if branched else []
    constant = [f"{name} {_value(inside[0], name)}" for name in same]
    return {
        "columns": ["rank", "trial", value, "confirmed", *_cost_columns(facts), *varied, *branch],
        "rows": rows,
        "same": words.listed(constant) if constant else "",
        "outside": words.listed([words.label(t) for t in top if t.recipe is not None])
        if len(inside) < len(top)
        else "",
    }


def changes(trial: TrialFacts, base: TrialFacts | None) -> str:
    """Return the parameters in which `trial` departs from `base`; all where there is no base."""
    known = base.configuration if base else {}
    changed = [
        f"{name} {words.parameter(value)}"
        for name, value in sorted(trial.configuration.items())
        if name not in known or known[name] != value
    ]
    if not changed:
        return "the same parameters" if known else "no parameters"
    kept = len(changed) < len(trial.configuration) and base is not None
    return f"{'as ' + words.label(base) + ' but for ' if kept and base else ''}{', '.join(changed)}"


def _cost_columns(facts: StudyFacts) -> tuple[str, str]:
    if words.seeds_each(facts) == "one seed":
        return "epochs", "time"
    return "epochs, all seeds", "time, all seeds"


def _against(found: Findings, columns: list[TrialFacts]) -> list[tuple[str, list[str]]]:
    """Return rows that hold the recommended one against each baseline: how much, and the verdict.

    One row of differences for each part that there are any on.
    """
    held = {rival.trial.number: rival for rival in found.rivals}
    rows = []
    for part in ("test", "validation"):
        on = {number: rival.difference for number, rival in held.items() if rival.part == part}
        said = [
            words.verdict(found.facts, on[t.number]) if t.number in on else words.NOTHING
            for t in columns
        ]
        rows.append((f"recommended against it, on {part}", said))
    verdicts = [held[t.number].verdict if t.number in held else words.NOTHING for t in columns]
    return [*rows, ("verdict: the recommended one", verdicts)]


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


def _branch(trial: TrialFacts, names: list[str]) -> str:
    has = [f"{name} {_value(trial, name)}" for name in names if name in trial.configuration]
    return ", ".join(has) or words.NOTHING


def _search(facts: StudyFacts, trial: TrialFacts) -> str:
    return words.searched(facts, trial) if trial.state == "complete" else trial.state


def _estimate(found: Findings, trial: TrialFacts, part: str) -> str:
    if part == "validation" and trial.number in found.failed:
        return words.failed(found.failed[trial.number])
    mine = found.confirmed.get(trial.number)
    if mine is None:
        return words.NOTHING
    return words.estimate(found.facts, mine.test if part == "test" else mine.validation)


def _count(number: int | None) -> str:
    return words.NOTHING if number is None else f"{number:,}"
