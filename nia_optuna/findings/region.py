"""The space that was searched, as far as the trials tell: its axes, and when each is in use.

A configuration is a row of codes, one an axis: a number stands where it lies between the ends of
its range, from 0 to 1 on the scale it was searched on; a choice stands as its place in the list.
NaN says that the configuration does not use the axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from scipy.stats import qmc

from nia_optuna.findings.clean import clean

if TYPE_CHECKING:
    from nia_optuna.findings.usable import Tried

Rows = NDArray[np.float64]

LEVELS = 6
"""Parts that the range of a number is cut into where its effect is averaged."""


@dataclass(frozen=True)
class Axis:
    """One parameter: `choices` options, or a number between `low` and `high`.

    `step` is 0 where every value in between is allowed. With a `parent`, the axis is in use where
    the parent's code is from `on[0]` to `on[1]` for a number, one of `on` for a choice.
    """

    name: str
    choices: tuple[object, ...] = ()
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    log: bool = False
    parent: str = ""
    on: tuple[float, ...] = ()

    def code(self, value: object) -> float:
        """Return where `value` lies: the place of a choice, a number in [0, 1]."""
        if self.choices:
            return float(self.choices.index(value))
        return float(self._scale(self._number(value)) - self._scale(self.low)) / self._span

    def drawn(self, uniform: Rows) -> Rows:
        """Return codes for numbers in [0, 1): equally likely choices, evenly spread numbers."""
        if self.choices:
            return np.floor(uniform * len(self.choices))
        half = self.step / 2
        low, high = self._scale(self.low - half), self._scale(self.high + half)
        value = low + uniform * (high - low)
        if self.step:
            value = np.exp(value) if self.log else value
            value = self.low + np.round((value - self.low) / self.step) * self.step
            value = self._scale(np.clip(value, self.low, self.high))
        return np.asarray((value - self._scale(self.low)) / self._span)

    def level(self, codes: Rows) -> NDArray[np.intp]:
        """Return which level each code belongs to, from 0 on."""
        if self.choices:
            return codes.astype(np.intp)
        return np.minimum((codes * LEVELS).astype(np.intp), LEVELS - 1)

    @property
    def _span(self) -> float:
        return float(self._scale(self.high) - self._scale(self.low))

    def _scale(self, value: float | Rows) -> Rows:
        return np.asarray(np.log(value) if self.log else value, dtype=float)

    @staticmethod
    def _number(value: object) -> float:
        assert isinstance(value, int | float)
        return float(value)


@dataclass(frozen=True)
class Region:
    """The axes that trials tell of; for those of `unknown` there is no telling when they are used.

    Both are by name.
    """

    axes: tuple[Axis, ...]
    unknown: tuple[Axis, ...]

    def sample(self, size: int) -> Rows:
        """Return that many configurations spread evenly over the space; always the same ones."""
        return self.in_use(self.drawn(size))

    def drawn(self, size: int) -> Rows:
        """Return the sample as if every axis were in use."""
        uniform = qmc.LatinHypercube(len(self.axes), rng=np.random.default_rng(0)).random(size)
        return np.stack([axis.drawn(uniform[:, k]) for k, axis in enumerate(self.axes)], axis=1)

    def in_use(self, rows: Rows) -> Rows:
        """Return the rows with NaN for every axis that they do not use."""
        kept = rows.copy()
        place = {axis.name: k for k, axis in enumerate(self.axes)}
        # A parent comes before whatever hangs on it, and is NaN itself where it is not in use.
        for axis in sorted(self.axes, key=self._depth):
            if axis.parent:
                kept[~self._used(axis, kept[:, place[axis.parent]]), place[axis.name]] = np.nan
        return kept

    def _depth(self, axis: Axis) -> int:
        named = {each.name: each for each in self.axes}
        return 1 + self._depth(named[axis.parent]) if axis.parent else 0

    def _used(self, axis: Axis, parent: Rows) -> NDArray[np.bool_]:
        if next(each for each in self.axes if each.name == axis.parent).choices:
            return np.isin(parent, axis.on)
        return (parent >= axis.on[0]) & (parent <= axis.on[1])


def region(trials: Sequence[Tried]) -> Region:
    """Return the space of the trials; parameters with a single possible value are no axes.

    What makes a conditional parameter be used is not in the storage. It is taken to be the one
    other parameter whose value separates the trials that have it from those that do not: a choice
    before a number, which must do so by one threshold.
    """
    names = sorted({name for trial in trials for name in trial.distributions})
    axes = {name: axis for name in names if (axis := _axis(name, trials)) is not None}
    ruled: dict[str, Axis] = {}
    unknown: dict[str, Axis] = {}
    # Those that most trials have come first, so that a parent is judged before its children.
    having = {name: sum(name in trial.params for trial in trials) for name in axes}
    for name in sorted(axes, key=lambda name: (-having[name], name)):
        if having[name] == len(trials):
            ruled[name] = axes[name]
            continue
        parents = [axis for axis in ruled.values() if having[axis.name] > having[name]]
        found = _conditional(axes[name], parents, trials)
        if found is None:
            unknown[name] = axes[name]
        else:
            ruled[name] = found
    return Region(
        tuple(ruled[name] for name in sorted(ruled)),
        tuple(unknown[name] for name in sorted(unknown)),
    )


def _axis(name: str, trials: Sequence[Tried]) -> Axis | None:
    known = [t.distributions[name] for t in trials if name in t.distributions]
    if isinstance(known[0], CategoricalDistribution):
        choices = tuple(map(clean, known[0].choices))
        return Axis(name, choices=choices) if len(choices) > 1 else None
    # A range may differ from trial to trial in a study of somebody else's: all of it was searched.
    ranges = [d for d in known if isinstance(d, IntDistribution | FloatDistribution)]
    low, high = float(min(d.low for d in ranges)), float(max(d.high for d in ranges))
    if not low < high:
        return None
    steps = {float(d.step or 0) for d in ranges}
    step = steps.pop() if len(steps) == 1 else 0.0
    return Axis(name, low=low, high=high, step=step, log=all(d.log for d in ranges))


def _conditional(axis: Axis, parents: Sequence[Axis], trials: Sequence[Tried]) -> Axis | None:
    """Return the axis with its parent, None where no parameter tells when it is used."""
    found = []
    for parent in parents:
        known = [t for t in trials if parent.name in t.params]
        on = {parent.code(t.params[parent.name]) for t in known if axis.name in t.params}
        off = {parent.code(t.params[parent.name]) for t in known if axis.name not in t.params}
        everywhere = all(parent.name in t.params for t in trials if axis.name in t.params)
        bounds = _separated(parent, on, off) if off and everywhere else None
        if bounds is not None:
            # `optimizer` is named after none of its branches, `sgd.lr` after one of them.
            branch = axis.name.rpartition(".")[0].rpartition(".")[2]
            told = parent.choices and {parent.choices[int(k)] for k in on} == {branch}
            order = (not told, not parent.choices, len(trials) - len(known), parent.name)
            found.append((order, parent.name, bounds))
    if not found:
        return None
    _, parent_name, bounds = min(found)
    values = {field: getattr(axis, field) for field in ("choices", "low", "high", "step", "log")}
    return Axis(axis.name, **values, parent=parent_name, on=bounds)


def _separated(parent: Axis, on: set[float], off: set[float]) -> tuple[float, ...] | None:
    if parent.choices:
        return tuple(sorted(on)) if on.isdisjoint(off) else None
    if max(off) < min(on):
        return ((max(off) + min(on)) / 2, math.inf)
    if max(on) < min(off):
        return (-math.inf, (max(on) + min(off)) / 2)
    return None
