"""The searched parameters as axes that trials have places on, each in its own scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from nia_optuna.findings.facts import RangeFacts, StudyFacts, TrialFacts, Value

MOST = 12
"""Axes side by side in one picture."""
_FEW_STEPS = 8  # whole numbers that are drawn as strips


@dataclass(frozen=True)
class Axis:
    """A parameter that lies `between` two numbers, or has `levels` in order.

    `whole` says that only whole numbers were tried.
    """

    name: str
    between: RangeFacts | None
    levels: tuple[Value, ...] = ()
    whole: bool = False

    def place(self, value: Value) -> float | None:
        """Return where a value lies, 0 to 1; None where it has no place here."""
        if self.between is not None:
            return self.between.place(value) if _is_number(value) else None
        # Not by equality alone: True is 1, and a choice may offer both.
        key = next((k for k, level in enumerate(self.levels) if repr(level) == repr(value)), None)
        return None if key is None else self.level(key)

    def level(self, number: int) -> float:
        """Return where the level of that number lies: evenly spread over 0 to 1."""
        return number / (len(self.levels) - 1) if len(self.levels) > 1 else 0.5

    @property
    def steps(self) -> float:
        """How many steps there are between its strips, 0 where trials lie anywhere on it."""
        if self.between is None:
            return max(1, len(self.levels) - 1)
        found = self.between.high - self.between.low
        return found if self.whole and not self.between.log and found <= _FEW_STEPS else 0


def axes(facts: StudyFacts) -> tuple[Axis, ...]:
    """Return the parameters that trials differ in, in the order of the space, others by name."""
    tried: dict[str, dict[str, Value]] = {}
    for trial in facts.trials:
        for name, value in trial.configuration.items() if seen(trial) else ():
            tried.setdefault(name, {})[repr(value)] = value
    declared = {parameter.name: parameter for parameter in facts.space}
    order = [*(n for n in declared if n in tried), *sorted(tried.keys() - declared.keys())]
    found = []
    for name in order:
        values = list(tried[name].values())
        known = declared.get(name)
        numbers = [value for value in values if _is_number(value)]
        if known and known.choices:
            axis = Axis(name, None, known.choices)
        elif len(numbers) < len(values):
            axis = Axis(name, None, tuple(sorted(values, key=str)))
        else:
            tried_in = RangeFacts(min(numbers), max(numbers), log=False)
            between = known.between if known and known.between else tried_in
            axis = Axis(name, between, whole=all(isinstance(value, int) for value in numbers))
        if len(set(map(axis.place, values))) > 1:
            found.append(axis)
    return tuple(found)


def seen(trial: TrialFacts) -> bool:
    """Return whether there is a value to show for the trial, final or of its last epoch."""
    return trial.state in ("complete", "pruned") and trial.value is not None


def foremost(found: Sequence[Axis], shares: Mapping[str, float]) -> tuple[Axis, ...]:
    """Return at most MOST axes in their order: those that matter most, else the first."""
    ranked = sorted(found, key=lambda axis: -shares.get(axis.name, 0.0))[:MOST]
    return tuple(axis for axis in found if axis in ranked)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
