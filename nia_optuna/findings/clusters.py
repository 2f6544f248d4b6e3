"""Whether the trials that failed have something in common.

Every choice is asked whether failed trials have it more often than finished ones (Fisher's exact
test, one-sided), every number whether theirs lie lower or higher (Mann & Whitney 1947). All these
questions are corrected for together (Holm 1979).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

import numpy as np

from nia_optuna.findings.facts import StudyFacts, Value

FEWEST = 3
"""Failed trials below which nothing can be in common."""
LEVEL = 0.05


@dataclass(frozen=True)
class Cluster:
    """A parameter in which failed trials differ from finished ones.

    With a `choice`, `failed` of the `of_failed` trials that have the parameter took it, and
    `finished` of `of_finished`. Otherwise the failed ones rank lower or higher, as `tends` says:
    they lie from the first to the last of `between` with the median `middle`, where that of
    finished ones is `usual`. `p` is corrected for all `tests` that were made.
    """

    name: str
    p: float
    tests: int
    of_failed: int
    of_finished: int
    choice: str | None = None
    failed: int = 0
    finished: int = 0
    tends: Literal["lower", "higher"] | None = None
    between: tuple[float, float] = (0.0, 0.0)
    middle: float = 0.0
    usual: float = 0.0


def clusters(facts: StudyFacts) -> tuple[Cluster, ...]:
    """Return what failed trials share, the plainest first; empty where nothing is shown.

    Only trials that were drawn from the space are looked at, and of each parameter only those
    that have it.
    """
    bad = [t.configuration for t in facts.of_state("failed") if t.configuration]
    ended = (*facts.of_state("complete"), *facts.of_state("pruned"))
    good = [t.configuration for t in ended if t.configuration]
    if len(bad) < FEWEST or not good:
        return ()
    asked: list[Cluster] = []
    for name in sorted({name for each in (*bad, *good) for name in each}):
        values = [each[name] for each in bad if name in each]
        others = [each[name] for each in good if name in each]
        if not values or not others:
            continue
        if all(_is_number(value) for value in (*values, *others)):
            asked += _end(name, _numbers(values), _numbers(others))
        else:
            asked += _choices(name, list(map(str, values)), list(map(str, others)))
    return _holm(asked)


def _choices(name: str, values: list[str], others: list[str]) -> list[Cluster]:
    from scipy.stats import fisher_exact  # loads slowly; status must not

    found, bad, good = [], Counter(values), Counter(others)
    for choice in sorted({*bad, *good}) if len({*bad, *good}) > 1 else ():
        mine, theirs = bad[choice], good[choice]
        table = np.array([[mine, len(values) - mine], [theirs, len(others) - theirs]])
        p = float(fisher_exact(table, alternative="greater").pvalue) if mine else 1.0
        found.append(Cluster(name, p, 0, len(values), len(others), choice, mine, theirs))
    return found


def _end(name: str, values: list[float], others: list[float]) -> list[Cluster]:
    from scipy.stats import mannwhitneyu  # loads slowly; status must not

    if len({*values, *others}) == 1:
        return []
    ranks = mannwhitneyu(values, others)
    # The statistic counts the pairs in which the failed trial lies higher.
    higher = ranks.statistic > len(values) * len(others) / 2
    return [
        Cluster(
            name,
            float(ranks.pvalue),
            0,
            len(values),
            len(others),
            tends="higher" if higher else "lower",
            between=(min(values), max(values)),
            middle=median(values),
            usual=median(others),
        )
    ]


def _holm(asked: list[Cluster]) -> tuple[Cluster, ...]:
    """Return those that stand after Holm's correction, with their corrected p."""
    found, highest = [], 0.0
    order = sorted(asked, key=lambda each: (each.p, each.name, each.choice or ""))
    for place, each in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - place) * each.p))
        if highest < LEVEL:
            found.append(replace(each, p=highest, tests=len(order)))
    return tuple(found)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(values: list[Value]) -> list[float]:
    return [float(value) for value in values if value is not None]
