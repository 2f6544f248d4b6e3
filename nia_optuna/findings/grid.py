"""The cells of a grid, each exactly once, and how to lay them out in a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nia_optuna.findings.facts import State, StudyFacts, TrialFacts, Value

MOST_COLOURS = 8
"""Curves in one panel; more cannot be told apart."""

UNUSED = "—"
"""Stands for the value of a parameter that a cell's branch does not ask for."""

_BETTER: tuple[State, ...] = ("complete", "pruned", "running", "failed", "waiting")


@dataclass(frozen=True)
class Grid:
    """A grid: the parameters that vary with their values in order, and its cells.

    `cells` are sorted by these parameters. Which parameters say the colour of a curve and which
    the column and the row of its panel: `colour`, `column` and `rows`, each may be empty.
    """

    values: dict[str, tuple[Value, ...]]
    cells: tuple[TrialFacts, ...]
    colour: str | None
    column: str | None
    rows: tuple[str, ...]

    def key(self, cell: TrialFacts, names: Sequence[str]) -> tuple[Value, ...]:
        """Return what a cell has for those parameters, UNUSED where it does not use one."""
        return tuple(cell.configuration.get(name, UNUSED) for name in names)


def is_grid(facts: StudyFacts) -> bool:
    """Return whether the study tried a grid whole instead of searching."""
    return facts.settings.get("sampler") == "grid"


def grid(facts: StudyFacts) -> Grid | None:
    """Return the grid of the study, None where it has none or no cell yet.

    A cell that was tried more than once stands with the trial that came furthest. A baseline
    outside of the space is no cell. The parameter with the most values (at most MOST_COLOURS)
    gives the colours, the next ones columns and rows; what is left over joins the rows.
    """
    trials = _cells(facts) if is_grid(facts) else []
    if not trials:
        return None
    values = _values(facts, trials)
    order = {name: {v: k for k, v in enumerate(known)} for name, known in values.items()}
    cells = sorted(
        trials,
        key=lambda t: (
            [order[name].get(t.configuration.get(name), -1) for name in values],
            t.number,
        ),
    )
    # The last declared of several as long: what is asked first is what panels are read by.
    by_length = sorted(values, key=lambda name: len(values[name]), reverse=True)
    fit = [name for name in by_length if len(values[name]) <= MOST_COLOURS]
    longest = [name for name in fit if len(values[name]) == len(values[fit[0]])]
    colour = longest[-1] if longest else None
    left = [name for name in by_length if name != colour]
    return Grid(values, tuple(cells), colour, left[0] if left else None, tuple(left[1:]))


def _cells(facts: StudyFacts) -> list[TrialFacts]:
    found: dict[object, TrialFacts] = {}
    for trial in facts.trials:
        if trial.recipe is not None or not trial.configuration:
            continue
        key = frozenset(trial.configuration.items()) if trial.cell is None else trial.cell
        held = found.setdefault(key, trial)
        if _BETTER.index(trial.state) < _BETTER.index(held.state):
            found[key] = trial
    return list(found.values())


def _values(facts: StudyFacts, cells: Sequence[TrialFacts]) -> dict[str, tuple[Value, ...]]:
    """Return the parameters with more than one value, as declared, numbers in their order."""
    used = {name: None for cell in cells for name in cell.configuration}
    declared = {p.name: p.choices for p in facts.space if p.name in used}
    found: dict[str, tuple[Value, ...]] = {}
    for name in dict.fromkeys([*declared, *sorted(used)]):
        seen = {cell.configuration[name] for cell in cells if name in cell.configuration}
        if len(seen) > 1:
            found[name] = _ordered(seen, declared.get(name, ()))
    return found


def _ordered(seen: set[Value], choices: Sequence[Value]) -> tuple[Value, ...]:
    numbers = [v for v in seen if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) == len(seen):
        return tuple(sorted(numbers))
    place = {value: k for k, value in enumerate(choices)}
    return tuple(sorted(seen, key=lambda v: (place.get(v, len(place)), str(v))))
