"""A searched parameter: its name, its range and its default. Imports only the standard library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Value = bool | int | float | str | None
"""What a parameter can be answered with: what every storage can hold."""


class SpaceError(ValueError):
    """A verb was asked for something that cannot be: said in one line."""


@dataclass(frozen=True)
class Parameter:
    """One searched parameter as storages and reports know it.

    `kind` "choice" has `choices` (plain values; other objects stand as their repr); "integer",
    "uniform" and "log" have `low` and `high`, both included. `log` says that an integer is
    searched on a logarithmic scale. A dot in a `name` stands between a branch and its parameter.
    """

    name: str
    kind: Literal["choice", "integer", "uniform", "log"]
    default: Value
    choices: tuple[Value, ...] = ()
    low: float = 0
    high: float = 0
    step: int = 1
    log: bool = False

    def contains(self, value: object) -> bool:
        """Return whether `value` is one of the choices or lies in the range."""
        if self.kind == "choice":
            return any(value == c and type(value) is type(c) for c in self.choices)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not self.low <= value <= self.high:
            return False
        return self.kind != "integer" or (
            isinstance(value, int) and (value - self.low) % self.step == 0
        )

    def range_text(self) -> str:
        """Return the range in words, for messages and tables."""
        if self.kind == "choice":
            return ", ".join(map(str, self.choices))
        scale = " (log)" if self.kind == "log" or self.log else ""
        step = f" by {self.step}" if self.step != 1 else ""
        return f"{self.low:g} to {self.high:g}{step}{scale}"


def check_parameter(parameter: Parameter) -> None:
    """Raise SpaceError where a parameter is impossible in itself."""
    name = parameter.name
    if parameter.kind == "choice":
        if not parameter.choices:
            raise SpaceError(f"{name!r} has no choices")
    else:
        _check_numbers(parameter)
    if not parameter.contains(parameter.default):
        raise SpaceError(
            f"default {parameter.default!r} of {name!r} is outside its range: "
            f"{parameter.range_text()}"
        )


def _check_numbers(parameter: Parameter) -> None:
    name, low, high, step = parameter.name, parameter.low, parameter.high, parameter.step
    whole = parameter.kind == "integer"
    for number in (low, high, step):
        if isinstance(number, bool) or not isinstance(number, int if whole else int | float):
            kind = "whole numbers" if whole else "numbers"
            raise SpaceError(f"range of {name!r} is not made of {kind}: {number!r}")
        if not math.isfinite(number):
            raise SpaceError(f"range of {name!r} is not finite: {low} to {high}")
    if low > high:
        raise SpaceError(f"range of {name!r} is upside down: {parameter.range_text()}")
    if (parameter.kind == "log" or parameter.log) and low <= 0:
        raise SpaceError(f"log range of {name!r} must begin above 0: {parameter.range_text()}")
    if step < 1 or (parameter.log and step != 1):
        raise SpaceError(f"step {step} of {name!r} must be 1 or more, and 1 with log")
    if (high - low) % step and whole:
        raise SpaceError(f"range of {name!r} never reaches its end: {parameter.range_text()}")


def clash(one: Parameter, other: Parameter) -> str:
    """Say that one name stands for two different parameters."""
    what = "ranges" if one.range_text() != other.range_text() else "kinds or defaults"
    return (
        f"parameter {one.name!r} is used twice with different {what}: "
        f"{one.range_text()} (default {one.default}) and "
        f"{other.range_text()} (default {other.default})"
    )
