"""Findings → the values that the template of README.md shows: rows of words, no Markdown."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.cost import Spent
from nia_optuna.findings.facts import ParameterFacts, StudyFacts, TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.summary import environment
from nia_optuna.report import words
from nia_optuna.report.answer import answer
from nia_optuna.report.belief import belief, confirmation_table
from nia_optuna.report.limits import limits

TOP = 10

_STATES = {
    "complete": "trained to the end",
    "pruned": "pruned",
    "failed": "failed",
    "running": "still running, or left by a killed run",
}


def page(found: Findings, plots: set[str]) -> dict[str, Any]:
    """Return the template's variables; `plots` are the names of the pictures there are."""
    facts = found.facts
    return {
        "study": facts.name,
        "question": facts.question or "The study asks no question.",
        "metric": facts.metric,
        "better": "higher is better" if facts.direction == "maximize" else "lower is better",
        "plots": plots,
        "answer": answer(found),
        "belief": belief(found),
        "confirmation": confirmation_table(found),
        "best": best_table(found),
        "top": top_table(found),
        "importances": found.importances,
        "left_out": words.listed(list(found.importances[1].left_out)),
        "cost": cost_table(found),
        "saved": _saved(found),
        "pruned_after": [
            f"{words.count(trials, 'trial')} after epoch {epoch}"
            for epoch, trials in found.cost.pruned_after.items()
        ],
        "failures": [(reason, f"{trials:,}") for reason, trials in found.cost.failures.items()],
        "command": facts.command,
        "reproduce": reproduce(facts),
        "limits": limits(found),
    }


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


def cost_table(found: Findings) -> list[list[str]]:
    """Return trainings, epochs and training time by how trials ended, and of the confirmation."""
    parts: list[tuple[str, Spent]] = [
        (_STATES[state], spent) for state, spent in found.cost.search.items() if spent.trainings
    ]
    if found.cost.confirmation.trainings:
        parts.append(("confirmation", found.cost.confirmation))
    return [
        [what, f"{spent.trainings:,}", f"{spent.epochs:,}", words.duration(spent.seconds)]
        for what, spent in parts
    ]


def reproduce(facts: StudyFacts) -> list[tuple[str, str]]:
    """Return what is needed to run the study again, as (what, value) pairs that are known."""
    data, source, sessions = facts.dataset, facts.source, facts.sessions
    recorded = environment(facts)
    versions = [
        f"{name.replace('_', '-')} {recorded.pop(name)}"
        for name in ("nia_optuna", "optuna", "torch", "python")
        if recorded.get(name) is not None
    ]
    cores = recorded.pop("cores", None)
    hardware = [str(value) for value in recorded.values() if value is not None]
    hardware += [f"{cores} cores"] if cores is not None else []
    sizes = [
        f"{size:,} {part}"
        for part, size in (
            ("train", data.train),
            ("validation", data.validation),
            ("test", data.test),
        )
        if size is not None
    ]
    pairs = {
        "study file": source.get("file"),
        "study": source.get("study"),
        "sha256 of the study file": source.get("sha256"),
        "git commit": source.get("git_commit"),
        "data set": data.name,
        "pictures": ", ".join(sizes),
        "fingerprint": data.fingerprint,
        "seed of the study": facts.settings.get("seed"),
        "seeds of the confirmation": ", ".join(map(str, sorted({r.seed for r in facts.runs}))),
        "sampler": facts.settings.get("sampler"),
        "pruner": facts.settings.get("pruner"),
        "rehearsal": facts.rehearsal,
        "versions": ", ".join(versions),
        "hardware": ", ".join(hardware),
        "sessions": "; ".join(
            f"{words.date(s.started)} UTC {s.stage}, {words.duration(s.wall_seconds)}"
            + (f", {words.count(s.workers, 'worker')}" if s.workers is not None else "")
            for s in sessions
        ),
    }
    return [(what, str(value)) for what, value in pairs.items() if value not in (None, "")]


def _saved(found: Findings) -> str:
    spent = found.cost
    trained = f"{spent.epochs_trained:,} epochs were trained"
    if spent.wall_seconds is not None:
        trained += f" in {words.duration(spent.wall_seconds)} of wall time"
    if not spent.epochs_saved:
        return f"{trained}; pruning saved none."
    whole = sum(part.epochs for part in spent.search.values()) + spent.epochs_saved
    return (
        f"{trained}. Pruning saved {spent.epochs_saved:,} of the {whole:,} epochs that the search "
        f"would have trained without it ({words.share(spent.epochs_saved / whole)})."
    )


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
    mine = found.confirmed.get(trial.number)
    if mine is None:
        return words.NOTHING
    return words.estimate(found.facts, mine.test if part == "test" else mine.validation)


def _count(number: int | None) -> str:
    return words.NOTHING if number is None else f"{number:,}"
