"""The recommended configurations side by side, what differs first."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.comparison import Comparison, Standing
from nia_optuna.report import words


def side_by_side(found: Comparison) -> dict[str, Any]:
    """Return a column a study and a row a parameter that differs; the same ones stand apart.

    Empty where fewer than two studies recommend anything.
    """
    shown = [each for each in found.standings if each.winner is not None]
    if len(shown) < 2:  # noqa: PLR2004  # side by side
        return {"columns": [], "rows": [], "same": "", "recipes": []}
    names = dict.fromkeys(name for each in shown for name in _order(each))
    cells = {name: [_value(each, name) for each in shown] for name in names}
    inside = [place for place, each in enumerate(shown) if each.winner and not each.winner.recipe]
    same = [n for n, row in cells.items() if len({row[place] for place in inside}) == 1]
    if len(inside) < 2:  # noqa: PLR2004  # one alone agrees with nobody
        same = []
    rows = [(name, row) for name, row in cells.items() if name not in same]
    rows += [
        ("trainable parameters", [_count(each) for each in shown]),
        ("time of one training in the search", [_seconds(each) for each in shown]),
    ]
    return {
        "columns": [
            f"{each.facts.name}: {words.name(each.winner)}" for each in shown if each.winner
        ],
        "rows": [(name, row) for name, row in rows if set(row) != {words.NOTHING}],
        "same": words.listed([f"{name} {cells[name][inside[0]]}" for name in same]) if same else "",
        "recipes": [
            (each.facts.name, each.winner.recipe)
            for each in shown
            if each.winner and each.winner.recipe
        ],
    }


def _order(each: Standing) -> list[str]:
    """Return the parameters of the recommended configuration, in the order of the space."""
    used = each.winner.configuration if each.winner else {}
    known = [parameter.name for parameter in each.facts.space if parameter.name in used]
    return [*known, *sorted(used.keys() - set(known))]


def _value(each: Standing, name: str) -> str:
    used = each.winner.configuration if each.winner else {}
    return words.parameter(used[name]) if name in used else words.NOTHING


def _count(each: Standing) -> str:
    known = each.winner.parameters if each.winner else None
    return words.NOTHING if known is None else f"{known:,}"


def _seconds(each: Standing) -> str:
    return words.duration(each.winner.seconds_each if each.winner else None)
