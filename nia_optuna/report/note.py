"""Findings → the note that optuna-dashboard shows beside a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.record import NOTE
from nia_optuna.report import words
from nia_optuna.report.answer import answer
from nia_optuna.report.belief import belief
from nia_optuna.report.confirmed_table import confirmation_table
from nia_optuna.report.render import ready, render

_SAID = {
    "learning.png": "How it learned: dashed on the training part, solid on validation",
    "confusion.png": "What each class of the test part was taken for",
    "mistakes.png": "The mistakes on the test part that it was surest of",
    "predicted.png": "Predicted against true value of every test example",
}
_COLUMNS = (0, 1, 2, 5, 6)  # of the report's table: a note is narrower


def note(found: Findings, addresses: Mapping[tuple[int, str], str]) -> str:
    """Return the note as Markdown; `addresses` has each picture's by trial and file name."""
    mine = found.winner.number if found.winner else None
    others = [words.quoted(t) for t in confirmed_trials(found) if t.number != mine]
    values: dict[str, Any] = {
        "question": found.facts.question or "The study asks no question.",
        "answer": answer(found),
        "ours": not found.importances.missing,
        "belief": belief(found),
        "search": words.search(found.facts),
        "seeds_each": words.seeds_each(found.facts),
        "confirmation": [[row[k] for k in _COLUMNS] for row in confirmation_table(found)],
        "pictures": [
            (_SAID[name], ready(address))
            for (trial, name), address in addresses.items()
            if trial == mine
        ],
        "others": words.listed(others) if others else "",
        "mark": ready(NOTE),
    }
    return render(values, "note.md.j2")


def confirmed_trials(found: Findings) -> list[TrialFacts]:
    """Return the trials that fresh seeds confirmed: the recommended first, then best first."""
    numbers = dict.fromkeys([*([found.winner.number] if found.winner else []), *found.confirmed])
    trials = (found.facts.trial(number) for number in numbers if number in found.confirmed)
    return [trial for trial in trials if trial is not None]
