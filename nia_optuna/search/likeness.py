"""How far what a training measured lies from what it measured before. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Curve = Sequence[Mapping[str, float | None]]
"""What every epoch measured, by name; `number` is the epoch's, from 1."""
Verdict = Literal["identical", "rounding", "different"]

# What float32 loses in a few epochs where products are added in another order.
ROUNDING = 1e-4
_NO_MEASURE = ("number", "seconds", "last")


@dataclass(frozen=True)
class Difference:
    """What one measure of one epoch was and is, in the training with `seed`.

    `size` is relative to the larger of the two, but absolute for accuracies; infinite where one
    is not finite. `allowed` is how much of it rounding may make.
    """

    seed: int
    epoch: int
    measure: str
    recorded: float
    now: float
    size: float
    allowed: float

    @property
    def is_rounding(self) -> bool:
        """Whether rounding may have made it."""
        return self.size <= self.allowed


@dataclass(frozen=True)
class Likeness:
    """All differences of two trainings, by seed and epoch; whether they are equally long."""

    differences: tuple[Difference, ...]
    same_length: bool

    @property
    def verdict(self) -> Verdict:
        """Whether they are the same to the last bit, but for rounding, or not."""
        if not self.same_length or self.first_apart is not None:
            return "different"
        return "rounding" if self.differences else "identical"

    @property
    def largest(self) -> Difference | None:
        """The difference that lies furthest beyond its allowance, or nearest to it."""
        return max(self.differences, key=lambda d: d.size / d.allowed, default=None)

    @property
    def first_apart(self) -> Difference | None:
        """The first difference that rounding does not explain."""
        return next((d for d in self.differences if not d.is_rounding), None)


def likeness(
    recorded: Mapping[int, Curve], now: Mapping[int, Curve], examples: Mapping[str, int]
) -> Likeness:
    """Compare the trainings of a trial, by their seeds, in every measure that both have.

    `examples` counts those of the parts "train" and "validation": an accuracy moves in steps of
    one example, and a single one that tips is taken for rounding.
    """
    found = [
        difference
        for seed in recorded.keys() & now.keys()
        for difference in _differences(seed, recorded[seed], now[seed], examples)
    ]
    return Likeness(
        differences=tuple(sorted(found, key=lambda d: (d.epoch, d.seed, d.measure))),
        same_length={seed: len(curve) for seed, curve in recorded.items()}
        == {seed: len(curve) for seed, curve in now.items()},
    )


def _differences(
    seed: int, recorded: Curve, now: Curve, examples: Mapping[str, int]
) -> Iterator[Difference]:
    for before, after in zip(recorded, now, strict=False):
        number = int(after["number"] or 0)
        for measure in before.keys() & after.keys() - set(_NO_MEASURE):
            one, other = before[measure], after[measure]
            if one is None or other is None:
                continue
            size = _size(one, other, relative=not measure.endswith("accuracy"))
            if size:
                allowed = _allowed(measure, examples)
                yield Difference(seed, number, measure, one, other, size, allowed)


def _size(one: float, other: float, *, relative: bool) -> float:
    if one == other or (math.isnan(one) and math.isnan(other)):
        return 0.0
    if not (math.isfinite(one) and math.isfinite(other)):
        return math.inf
    return abs(one - other) / (max(abs(one), abs(other)) if relative else 1.0)


def _allowed(measure: str, examples: Mapping[str, int]) -> float:
    if not measure.endswith("accuracy"):
        return ROUNDING
    # Half an example more, because accuracies are fractions in floating point.
    return max(ROUNDING, 1.5 / examples[measure.partition("_")[0]])
