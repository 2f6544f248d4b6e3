"""Where the search looked: every trial with its place on the axis of every parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from nia_optuna.findings.axes import Axis, axes, foremost, seen
from nia_optuna.findings.facts import StudyFacts

FEWEST = 5
"""Trials with a value below which there is no telling where a search looked."""


@dataclass(frozen=True, eq=False)
class Looked:
    """`trials` has one row a trial, its number the index: state, value and whether a baseline.

    `places` has the same rows and a column an axis: 0 to 1 on the scale that is searched on,
    missing where a trial does not have the parameter. Failed trials have no value. `left_out`
    names parameters that there was no room for, `same` those that no two trials differ in.
    """

    axes: tuple[Axis, ...]
    trials: pd.DataFrame
    places: pd.DataFrame
    left_out: tuple[str, ...]
    same: tuple[str, ...]

    def of_state(self, state: str) -> pd.DataFrame:
        """Return the rows of `trials` in that state, by number."""
        return self.trials[self.trials["state"] == state]


def looked(facts: StudyFacts, shares: Mapping[str, float]) -> Looked | None:
    """Return where the search looked, on the axes that matter most by `shares`.

    None for fewer than FEWEST trials with a value, or where no two of them differ.
    """
    every = axes(facts)
    drawn = foremost(every, shares)
    ended = [t for t in facts.trials if seen(t) or t.state == "failed"]
    inside = [trial for trial in ended if trial.configuration]
    if not drawn or sum(map(seen, inside)) < FEWEST:
        return None
    numbers = pd.Index([trial.number for trial in inside], name="number")
    trials = pd.DataFrame(
        {
            "state": [trial.state for trial in inside],
            "value": pd.array([t.value if seen(t) else None for t in inside], dtype="Float64"),
            "baseline": [trial.baseline is not None for trial in inside],
        },
        index=numbers,
    )
    places = {
        axis.name: [
            axis.place(t.configuration[axis.name]) if axis.name in t.configuration else None
            for t in inside
        ]
        for axis in drawn
    }
    names = {name for trial in inside for name in trial.configuration}
    return Looked(
        axes=drawn,
        trials=trials.astype({"value": float}),
        places=pd.DataFrame(places, index=numbers, dtype=float),
        left_out=tuple(axis.name for axis in every if axis not in drawn),
        same=tuple(sorted(names - {axis.name for axis in every})),
    )


def thin(trials: pd.DataFrame, most: int, *, rising: bool) -> pd.DataFrame:
    """Return at most `most` of the rows: the best tenth of that, the others evenly by number."""
    if len(trials) <= most:
        return trials
    best = trials.sort_values("value", ascending=not rising, kind="stable").index[: most // 10]
    others = trials.index.difference(best)
    kept = most - len(best)
    spread = [others[k * (len(others) - 1) // (kept - 1)] for k in range(kept)]
    return trials.loc[best.union(pd.Index(spread))]
