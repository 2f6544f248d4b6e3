"""What the pictures of where a search looked show, in sentences."""

from __future__ import annotations

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.landscape import FEWEST, NEAR, Cells, Surface
from nia_optuna.findings.looked import Looked
from nia_optuna.report import words
from nia_optuna.report.numbers import share
from nia_optuna.report.plots.contour import MOST as MOST_POINTS
from nia_optuna.report.plots.parallel import MOST as MOST_LINES
from nia_optuna.report.plots.slices import MOST as MOST_MARKS

_NOTHING_EXPLAINED = 0.1  # R² below which no shape is worth reading


def slices(found: Findings) -> list[str]:
    """Return what is not among the slices, and which trials of many are."""
    seen = found.looked
    if seen is None:
        return []
    said = _missing(seen)
    most = max(len(seen.of_state(state)) for state in ("complete", "pruned"))
    return [*said, *([_thinned(MOST_MARKS, "trials of a kind")] if most > MOST_MARKS else [])]


def parallel(found: Findings) -> list[str]:
    """Return which trials are drawn, and what a gap means where there is one."""
    seen = found.looked
    if seen is None:
        return []
    complete = seen.of_state("complete")
    said = []
    if seen.places.loc[complete.index].isna().to_numpy().any():
        said.append(
            "A line is broken, and dotted for the best, where a trial's branch does not have the "
            "parameter."
        )
    if len(complete) > MOST_LINES:
        said.append(_thinned(MOST_LINES, "complete trials"))
    return said


def contour(found: Findings) -> str:
    """Return what is drawn over which two parameters, and how far it can be trusted."""
    if found.landscape is None:
        return ""
    drawn = found.landscape.drawn
    pair = words.listed([drawn.across.name, drawn.up.name])
    which = (
        f"{pair}, the two parameters that matter most by their importance"
        if found.landscape.foremost
        else f"{pair}, of those pairs that {FEWEST} or more complete trials have together the one "
        "that matters most by importance"
    )
    name = words.measure(found.facts.metric)
    if isinstance(drawn, Surface):
        return _surface(drawn, name, which)
    return _cells(drawn, name, which)


def _surface(drawn: Surface, name: str, which: str) -> str:
    of = f"{drawn.fitted} of {drawn.trials:,}" if drawn.fitted < drawn.trials else f"{drawn.trials}"
    explained = max(0.0, drawn.explained)
    scale = ", and to the logarithm" if drawn.logarithmic else ""
    trusted = (
        f"Left out one by one, trials are hardly predicted at all (R² {explained:.2f}): read no "
        "shape into it."
        if explained < _NOTHING_EXPLAINED
        else f"Left out one by one, trials are predicted with an R² of {explained:.2f}; the rest "
        "is the other parameters and chance."
    )
    drawn_too = (
        f" {_thinned(MOST_POINTS, 'trials of a kind')}" if drawn.trials > MOST_POINTS else ""
    )
    return (
        f"Colour is the validation {name} that a Gaussian process predicts over {which}. It was "
        f"fitted to {of} complete trials, in which all other parameters vary along{scale}; "
        "outliers count as the furthest value worth seeing. Grey is farther from each of them than "
        f"{share(NEAR)} of the ranges. {trusted}{drawn_too}"
    )


def _cells(drawn: Cells, name: str, which: str) -> str:
    framed = (
        " The framed cell holds the recommended configuration."
        if drawn.recommended is not None
        else ""
    )
    return (
        f"Colour is the median validation {name} of the complete trials in each cell of {which}; "
        "grey cells have none. All other parameters vary along, and a cell of one or two trials "
        f"proves little.{framed}"
    )


def _missing(seen: Looked) -> list[str]:
    said = []
    if seen.left_out:
        said.append(f"There was no room for {words.listed(list(seen.left_out))}.")
    if seen.same:
        said.append(f"The same in all trials, so not drawn: {words.listed(list(seen.same))}.")
    return said


def _thinned(most: int, what: str) -> str:
    return (
        f"Of more than {most} {what} {most} are drawn: the best, a tenth of these, and others "
        "evenly from first to last."
    )
