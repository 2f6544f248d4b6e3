"""The value over the two parameters that matter most, as the importances' process predicts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from nia_optuna.findings import region as searched
from nia_optuna.findings.axes import Axis
from nia_optuna.findings.encoding import codes, columns
from nia_optuna.findings.facts import RangeFacts, Value
from nia_optuna.findings.importances import MOST_TRIALS
from nia_optuna.findings.models import Model, process
from nia_optuna.findings.squash import squash
from nia_optuna.findings.usable import Tried, evenly

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR = 0.12
"""How far from a trial the process is believed, as a part of each range."""
SAMPLE = 128
"""Configurations of the space over which the rest is averaged."""
RESOLUTION = 40
"""Places along a number."""
MOST_OPTIONS = 24
"""Options of a choice beyond which there is no picture."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """What a Gaussian process predicts over two axes, averaged over the rest of the space.

    `predicted`, in the study's metric, has a row for each of `rows`, places from 0 to 1 along `up`,
    and a column for each of `columns`, likewise along `across`; NaN where the two are never in use
    together. `away` is as large, NaN likewise: how far the nearest trial lies that the process
    learned from, as a part of the ranges; 2 where only another choice or whole number was
    tried. `trials` has a row for each that used both, its number the index: state, value and its
    place `across` and `up`.
    """

    across: Axis
    up: Axis
    columns: NDArray[np.float64]
    rows: NDArray[np.float64]
    predicted: NDArray[np.float64]
    away: NDArray[np.float64]
    trials: pd.DataFrame


def landscape(tried: Sequence[Tried], order: Sequence[str]) -> Landscape | None:
    """Return the landscape of the first two of `order`, a number across where one is a choice.

    It is their partial dependence (Friedman 2001) on the scale that the process learns on
    (squash.py), within the values it has seen. None where they are never in use together, or a
    choice has more than MOST_OPTIONS.
    """
    space = searched.region(tried)
    by_name = {axis.name: k for k, axis in enumerate(space.axes)}
    if len(order) < 2:  # noqa: PLR2004  # nothing to draw over
        return None
    pair = sorted((by_name[name] for name in order[:2]), key=lambda k: bool(space.axes[k].choices))
    if any(len(space.axes[k].choices) > MOST_OPTIONS for k in pair):
        return None
    known = [tried[place] for place in evenly(len(tried), MOST_TRIALS)]
    values = np.array([trial.value for trial in known])
    scale = squash(values)
    coded = codes(space.axes, [trial.params for trial in known])
    model, _ = process(columns(space.axes, coded), scale.squashed(values))
    asked = [_asked(space.axes[k]) for k in pair]
    predicted = scale.undone(_averaged(space, model, pair, asked)).clip(values.min(), values.max())
    trials = _places(tried, [space.axes[k] for k in pair])
    if np.isnan(predicted).all() or trials.empty:
        return None
    across, up = (_axis(space.axes[k]) for k in pair)
    sides = [each / _last(space.axes[k]) for k, each in zip(pair, asked, strict=True)]
    learned = trials.loc[trials.index.intersection([trial.number for trial in known])]
    apart = [
        _apart(axis, side, learned[name].to_numpy(float))
        for axis, side, name in ((across, sides[0], "across"), (up, sides[1], "up"))
    ]
    away = np.hypot(apart[0][None, :, :], apart[1][:, None, :]).min(axis=-1, initial=2.0)
    away[np.isnan(predicted)] = np.nan
    return Landscape(across, up, sides[0], sides[1], predicted, away, trials)


def _asked(axis: searched.Axis) -> NDArray[np.float64]:
    """Return the codes at which the process is asked."""
    if axis.choices:
        return np.arange(len(axis.choices), dtype=float)
    if _axis(axis).steps:
        return np.arange(0, axis.high - axis.low + 1, axis.step) / (axis.high - axis.low)
    return np.linspace(0, 1, RESOLUTION)


def _averaged(
    space: searched.Region, model: Model, pair: Sequence[int], asked: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the mean prediction at every pair of codes, over an even sample of all else."""
    across, up = asked
    rows = np.tile(space.drawn(SAMPLE), (len(across), 1))
    rows[:, pair[0]] = np.repeat(across, SAMPLE)
    found = np.full((len(up), len(rows)), np.nan)
    for line, code in zip(found, up, strict=True):
        rows[:, pair[1]] = code
        used = space.in_use(rows)
        both = ~np.isnan(used[:, pair]).any(axis=1)
        if both.any():
            line[both] = model(columns(space.axes, used[both]))
    by_place = np.ma.masked_invalid(found.reshape(len(up), len(across), SAMPLE))
    return np.asarray(by_place.mean(axis=2).filled(np.nan))


def _places(tried: Sequence[Tried], pair: Sequence[searched.Axis]) -> pd.DataFrame:
    coded = codes(pair, [trial.params for trial in tried]) / [_last(axis) for axis in pair]
    told = {"state": [t.state for t in tried], "value": [t.value for t in tried]}
    places = {"across": coded[:, 0], "up": coded[:, 1]}
    return pd.DataFrame(told | places, index=[trial.number for trial in tried]).dropna()


def _apart(
    axis: Axis, places: NDArray[np.float64], trials: NDArray[np.float64]
) -> NDArray[np.float64]:
    apart = np.abs(places[:, None] - trials[None])
    # Every strip stands alone.
    return np.where(apart * axis.steps > 0.5, 2.0, apart)  # noqa: PLR2004


def _last(axis: searched.Axis) -> float:
    """Return the last code of the axis."""
    return len(axis.choices) - 1 if axis.choices else 1.0


def _axis(axis: searched.Axis) -> Axis:
    """Return the axis as pictures know it."""
    if axis.choices:
        return Axis(axis.name, None, cast("tuple[Value, ...]", axis.choices))
    whole = axis.step >= 1 and axis.step.is_integer() and axis.low.is_integer()
    return Axis(axis.name, RangeFacts(axis.low, axis.high, axis.log), whole=whole)
