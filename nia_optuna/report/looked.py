"""What the pictures of where a search looked show, in sentences."""

from __future__ import annotations

import numpy as np

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.landscape import NEAR
from nia_optuna.findings.looked import Looked
from nia_optuna.findings.verdict import LEAST_UNSEEN
from nia_optuna.report import words
from nia_optuna.report.numbers import share
from nia_optuna.report.plots.contour import MOST as MOST_POINTS
from nia_optuna.report.plots.parallel import MOST as MOST_LINES
from nia_optuna.report.plots.slices import MOST as MOST_MARKS


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


def contour(found: Findings) -> list[str]:
    """Return what is drawn over which two parameters, and how far it can be trusted."""
    drawn = found.landscape
    if drawn is None:
        return []
    process = found.importances.evaluators[0]
    pair = words.listed([drawn.across.name, drawn.up.name])
    what = (
        f"Colour, the darker the better, is the validation {words.measure(found.facts.metric)} "
        f"that the {process.name} of the importances predicts over {pair}, the two parameters that "
        "matter most by importance, averaged over all others. Marks are trials where they lay, "
        "those of one choice beside each other."
    )
    said = [what]
    if (drawn.away > NEAR).any():
        said.append(
            f"Where it is hatched, none of those that it learned from lies within {share(NEAR)} of "
            "the ranges, so it guesses."
        )
    if np.isnan(drawn.predicted).any():
        said.append("Where it is empty, the two are not in use together.")
    said.append(
        "Look for where it is dark and many trials lie: a hill around a single one may be chance, "
        "and what a configuration reaches hangs on its other parameters too, so none need reach "
        "its colour."
    )
    if process.unseen is not None and process.unseen < LEAST_UNSEEN:
        said.append(
            f"Trials that it had not seen it predicted badly (rank correlation "
            f"{process.unseen:.2f}): read no shape into it."
        )
    if drawn.trials["state"].value_counts().max() > MOST_POINTS:
        said.append(_thinned(MOST_POINTS, "trials of a kind"))
    return said


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
