"""Which parameters the value hung on, as two models of the searched space say, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from optuna.trial import TrialState

from nia_optuna.findings.measured import Measured, measured
from nia_optuna.findings.region import Region, region
from nia_optuna.findings.usable import ENDINGS, Tried, count, evenly, usable
from nia_optuna.findings.verdict import Verdict, verdict

if TYPE_CHECKING:
    import optuna

EVALUATORS = ("Gaussian process", "random forest")

FEWEST_TRIALS = 10
"""Trials, complete and pruned, below which an importance would be noise."""
MOST_TRIALS = 120
"""Trials that the models learn from; the process's time grows with the cube of their number."""
_PERCENTILES = (5, 95)
_LEAST_PAIR = 0.01  # of the variance, at the lower end of both intervals: less is no statement


@dataclass(frozen=True)
class Share:
    """A share of the variance, from 0 to 1; 90 % of the bootstrap samples lie in [low, high]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Inside:
    """A parameter that only a part of the space uses: the `share` it has of the variance there.

    `branch` says in words where: "optimizer is sgd".
    """

    branch: str
    share: float


@dataclass(frozen=True)
class Evaluator:
    """What one model says: shares by parameter, in the order of Importances.order.

    `unseen` is Spearman's rank correlation of its predictions with the values of trials that the
    models at hand had not seen, from -1 to 1; None where no trial varies.
    """

    name: str
    shares: dict[str, Share]
    unseen: float | None


@dataclass(frozen=True)
class Pair:
    """Two parameters and what they explain together beyond each alone, by the two evaluators."""

    names: tuple[str, str]
    shares: tuple[Share, Share]


@dataclass(frozen=True)
class Importances:
    """Shares of the variance over the whole space, by two evaluators, and whether to rely on them.

    `order` has the parameters by their mean share, the largest first. `basis` says what the models
    learned from; `inside` tells of conditional parameters, `left_out` names those of which nobody
    can tell when they are used. Where `missing` says why, all else is empty.
    """

    order: tuple[str, ...]
    evaluators: tuple[Evaluator, ...]
    pairs: tuple[Pair, ...]
    inside: dict[str, Inside]
    basis: str
    left_out: tuple[str, ...]
    verdict: Verdict
    missing: str = ""

    def mean(self, name: str) -> float:
        """Return a parameter's share, the mean of both evaluators."""
        return float(np.mean([each.shares[name].value for each in self.evaluators]))


def importances(study: optuna.Study) -> Importances:
    """Return what mattered; never raises for lack of data. The same study gives the same shares."""
    tried = usable(study)
    space = region(tried)
    left_out = tuple(axis.name for axis in space.unknown)
    known = tuple(tried[place] for place in evenly(len(tried), MOST_TRIALS))
    reason = _outside(study, tried) or _too_little(tried, known, space)
    if reason:
        unknown = Verdict(rely=False, reasons=(reason,))
        return Importances((), (), (), {}, "", left_out, unknown, missing=reason)
    return _told(tried, space, measured(space, known))


def _told(tried: tuple[Tried, ...], space: Region, known: Measured) -> Importances:
    names = [axis.name for axis in space.axes]
    mean = known.shares.mean(axis=0)
    places = sorted(range(len(names)), key=lambda k: (-mean[k], names[k]))
    evaluators = tuple(
        Evaluator(
            name,
            {names[k]: _share(known.shares[e, k], known.again[e, :, k]) for k in places},
            known.unseen[e],
        )
        for e, name in enumerate(EVALUATORS)
    )
    pairs = [
        Pair(
            (names[one], names[other]),
            (_share(value[0], again[0]), _share(value[1], again[1])),
        )
        for one, other, value, again in known.pairs
    ]
    return Importances(
        order=tuple(names[k] for k in places),
        evaluators=evaluators,
        pairs=tuple(p for p in pairs if min(s.low for s in p.shares) >= _LEAST_PAIR),
        inside={
            names[k]: Inside(_branch(space, k), float(known.inside[k]))
            for k in places
            if space.axes[k].parent
        },
        basis=_basis(tried),
        left_out=tuple(axis.name for axis in space.unknown),
        verdict=verdict(names, len(tried), known.shares, known.again, known.unseen),
    )


def _share(value: float, again: NDArray[np.float64]) -> Share:
    low, high = np.percentile(again, _PERCENTILES)
    return Share(float(value), float(min(low, value)), float(max(high, value)))


def _branch(space: Region, place: int) -> str:
    axis = space.axes[place]
    parent = next(each for each in space.axes if each.name == axis.parent)
    if not parent.choices:
        return f"some values of {parent.name}"
    options = " or ".join(str(parent.choices[int(code)]) for code in axis.on)
    return f"{parent.name} is {options}"


def _basis(tried: tuple[Tried, ...]) -> str:
    counts = [(count(tried, state), state) for state in ENDINGS]
    counted = ", ".join(f"{number:,} {state}" for number, state in counts if number)
    if len(tried) > MOST_TRIALS:
        return f"{MOST_TRIALS} of {len(tried):,} trials ({counted}), evenly spaced"
    return f"{len(tried)} trials ({counted})"


def _outside(study: optuna.Study, tried: tuple[Tried, ...]) -> str:
    """Return that only trials without parameters have a value, empty where that is not so."""
    whole = [t for t in study.get_trials(deepcopy=False) if t.state == TrialState.COMPLETE]
    outside = bool(whole) and not tried and not any(trial.distributions for trial in whole)
    return "no complete trial has parameters" if outside else ""


def _too_little(tried: tuple[Tried, ...], known: tuple[Tried, ...], space: Region) -> str:
    """Return why nothing can be learned from the `known`, those that were picked of the tried."""
    ended = len(known) - count(known, "failed")
    thinned = len(known) < len(tried)
    picked = f" among the {len(known)} picked evenly of {len(tried):,}" if thinned else ""
    if ended < FEWEST_TRIALS:
        trials, are = ("trial", "is") if ended == 1 else ("trials", "are")
        return f"{ended} {trials} with a value{picked} {are} too few, {FEWEST_TRIALS} are needed"
    if len(space.axes) == 1 and not space.unknown:
        return "only one parameter was searched"
    if len(space.axes) < 2:  # noqa: PLR2004  # a share needs something to be shared with
        if not space.unknown:
            return "no parameter was searched"
        return "fewer than two parameters can be judged"
    if len({trial.value for trial in known}) == 1:
        return f"all trials{picked} have the same value"
    return ""
