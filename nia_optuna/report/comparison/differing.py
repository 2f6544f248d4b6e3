"""What is not the same in the studies, row by row."""

from __future__ import annotations

from nia_optuna.findings.comparable import Differing, Matter
from nia_optuna.findings.comparison import Comparison
from nia_optuna.report import words

_TOUCHES: dict[Matter, str] = {
    "values": "what values mean",
    "validation": "what is validated on",
    "method": "what was searched, and how",
    "cost": "what it costs",
}
_LONGEST = 300  # letters of a cell


def differing_rows(found: Comparison) -> list[list[str]]:
    """Return a row for everything that differs: its name, what it touches, its values."""
    return [
        [each.name, _TOUCHES[each.matter], *map(_cell, each.values)] for each in found.differing
    ]


def named(differing: tuple[Differing, ...], *matters: Matter) -> list[str]:
    """Return the names of what differs and touches any of `matters`."""
    return [each.name for each in differing if each.matter in matters]


def _cell(value: object) -> str:
    text = _text(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _text(value: object) -> str:
    if value is None or value in ([], {}, ""):
        return words.NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(map(str, value))  # of baselines their names
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return words.parameter(value)
