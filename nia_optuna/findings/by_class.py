"""How a network did on each class, and what it took that class for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from nia_optuna.findings.confirmation import Estimate, estimate
from nia_optuna.findings.facts import RunFacts

Counts = Sequence[Sequence[int]]
"""True class by predicted class."""


@dataclass(frozen=True)
class ByClass:
    """One class on the test part.

    `recall` is the share of its examples that were recognised, None where there are none;
    `precision` the share of what was taken for it that was of it, None where nothing was.
    `taken_for` names the classes it was most often mistaken for, `times` each; more than one
    where they are level, none where it never was mistaken.
    """

    name: str
    examples: int
    right: int
    recall: float | None
    precision: float | None
    taken_for: tuple[str, ...]
    times: int


def by_class(counts: Counts, names: Sequence[str]) -> tuple[ByClass, ...]:
    """Return every class in its order; `names` has as many as `counts` has rows."""
    precision, recall = _rates(counts)
    found = []
    for number, row in enumerate(counts):
        others = [times for other, times in enumerate(row) if other != number]
        most = max(others, default=0)
        found.append(
            ByClass(
                name=names[number],
                examples=sum(row),
                right=row[number],
                recall=recall[number],
                precision=precision[number],
                taken_for=tuple(
                    names[other]
                    for other, times in enumerate(row)
                    if most and other != number and times == most
                ),
                times=most,
            )
        )
    return tuple(found)


def class_names(count: int, names: Sequence[str]) -> tuple[str, ...]:
    """Return `count` names: numbers from 0 on, where `names` are not as many."""
    return tuple(names) if len(names) == count else tuple(map(str, range(count)))


def recall_gains(
    mine: Sequence[RunFacts], theirs: Sequence[RunFacts]
) -> tuple[Estimate | None, ...]:
    """Return how much more of each class `mine` recognise than `theirs`, over their seeds.

    In pairs of the same seed where all have one, with an interval; otherwise the difference of
    the means, without. None for a class without examples; empty where the confusions do not fit.
    """
    sizes = {len(run.confusion) for run in (*mine, *theirs)}
    if len(sizes) != 1 or not mine or not theirs:
        return ()
    ours = {run.seed: _rates(run.confusion)[1] for run in mine}
    other = {run.seed: _rates(run.confusion)[1] for run in theirs}
    gains: list[Estimate | None] = []
    for number in range(sizes.pop()):
        first = {seed: rate for seed, rates in ours.items() if (rate := rates[number]) is not None}
        second = {s: rate for s, rates in other.items() if (rate := rates[number]) is not None}
        if not first or not second:
            gains.append(None)
        elif first.keys() == second.keys():
            gains.append(estimate([first[seed] - second[seed] for seed in first]))
        else:
            gains.append(estimate([fmean(first.values()) - fmean(second.values())]))
    return tuple(gains)


def _rates(counts: Counts) -> tuple[list[float | None], list[float | None]]:
    """Return precision and recall of every class; None where they are 0 of 0."""
    import numpy as np
    from sklearn.metrics import precision_recall_fscore_support  # loads slowly; status must not

    table = np.asarray(counts)
    if not table.any():  # scikit-learn refuses to weigh nothing
        return [None] * len(table), [None] * len(table)
    true, predicted = np.indices(table.shape)
    precision, recall, _, _ = precision_recall_fscore_support(
        true.ravel(),
        predicted.ravel(),
        labels=range(len(table)),
        sample_weight=table.ravel(),
        zero_division=np.nan,
    )
    return _known(precision.tolist()), _known(recall.tolist())


def _known(rates: list[float]) -> list[float | None]:
    return [None if math.isnan(rate) else rate for rate in rates]
