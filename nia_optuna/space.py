"""Five verbs that ask for a value: of a trial, of a random draw, or of the defaults.

A study function receives a `Space` and calls its verbs; conditions are Python's own `if`.
`Space()` with nothing behind it answers every default, so the baseline costs nothing.
Imports neither torch nor Optuna.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Value = bool | int | float | str | None
T = TypeVar("T")


class SpaceError(ValueError):
    """A verb was asked for something that cannot be: said in one line."""


@dataclass(frozen=True)
class Parameter:
    """One searched parameter as storages and reports know it.

    `kind` "choice" has `choices` (plain values; other objects stand as their repr); "integer",
    "uniform" and "log" have `low` and `high`, both included. `log` says that an integer is
    searched on a logarithmic scale.
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


Answer = Callable[[Parameter], Value]


def default_of(parameter: Parameter) -> Value:
    """Answer every parameter with its default."""
    return parameter.default


class Space:
    """Answers the verbs; `values` and `parameters` say afterwards what was asked and answered.

    `answer` maps a Parameter to a value of it; without one every default is answered.
    Every verb raises SpaceError: on a default or an answer outside the range, on an empty or
    upside-down range, on a name asked for twice with different ranges.
    """

    def __init__(self, answer: Answer = default_of) -> None:
        self._answer = answer
        self._scope = ""
        self.parameters: dict[str, Parameter] = {}
        self.values: dict[str, Value] = {}

    def choice(self, name: str, choices: Sequence[T], *, default: T) -> T:
        """Return one of `choices`, which may be any values (tuples, decays, ...)."""
        labels = tuple(map(_label, choices))
        if len(set(map(repr, labels))) < len(labels):
            raise SpaceError(f"choices of {self._full(name)!r} repeat a value")
        parameter = Parameter(self._full(name), "choice", _label(default), choices=labels)
        chosen = self._ask(parameter)
        return next(c for c, label in zip(choices, labels, strict=True) if _same(label, chosen))

    def integer(
        self, name: str, low: int, high: int, *, default: int, step: int = 1, log: bool = False
    ) -> int:
        """Return a whole number from `low` to `high`, both included."""
        parameter = Parameter(
            self._full(name), "integer", default, low=low, high=high, step=step, log=log
        )
        if step < 1 or (log and step != 1):
            raise SpaceError(f"step {step} of {parameter.name!r} must be 1 or more, and 1 with log")
        return int(self._ask(parameter))  # type: ignore[arg-type]  # _ask checked the range

    def uniform(self, name: str, low: float, high: float, *, default: float) -> float:
        """Return a number from `low` to `high`, every one as likely as any other."""
        parameter = Parameter(self._full(name), "uniform", default, low=low, high=high)
        return float(self._ask(parameter))  # type: ignore[arg-type]  # _ask checked the range

    def log(self, name: str, low: float, high: float, *, default: float) -> float:
        """Return a number from `low` to `high`, every order of magnitude as likely."""
        parameter = Parameter(self._full(name), "log", default, low=low, high=high)
        return float(self._ask(parameter))  # type: ignore[arg-type]  # _ask checked the range

    def one_of(
        self,
        name: str,
        *branches: Callable[[Space], T],
        default: Callable[[Space], T] | None = None,
    ) -> T:
        """Return what one of the `branches` returns; the first is the default unless named.

        A branch is a function of a space. Its parameters are its own: `lr` asked for in branch
        `sgd` is the parameter `sgd.lr`.
        """
        named = {branch.__name__: branch for branch in branches}
        if not branches or len(named) < len(branches):
            raise SpaceError(f"one_of {self._full(name)!r} needs branches with different names")
        first = (default or branches[0]).__name__
        chosen = self.choice(name, tuple(named), default=first)
        outer, self._scope = self._scope, f"{self._scope}{chosen}."
        try:
            return named[chosen](self)
        finally:
            self._scope = outer

    def _full(self, name: str) -> str:
        return self._scope + name

    def _ask(self, parameter: Parameter) -> Value:
        name = parameter.name
        check_parameter(parameter)
        known = self.parameters.setdefault(name, parameter)
        if known != parameter:
            raise SpaceError(clash(known, parameter))
        if name not in self.values:
            value = self._answer(parameter)
            if not parameter.contains(value):
                raise SpaceError(
                    f"{value!r} for {name!r} is outside its range: {parameter.range_text()}"
                )
            self.values[name] = value
        return self.values[name]


def check_parameter(parameter: Parameter) -> None:
    """Raise SpaceError where a parameter is impossible in itself."""
    name = parameter.name
    if parameter.kind == "choice":
        if not parameter.choices:
            raise SpaceError(f"{name!r} has no choices")
    else:
        numbers = (parameter.low, parameter.high)
        if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers):
            raise SpaceError(f"range of {name!r} is not made of finite numbers: {numbers}")
        if parameter.low > parameter.high:
            raise SpaceError(f"range of {name!r} is upside down: {parameter.range_text()}")
        if (parameter.kind == "log" or parameter.log) and parameter.low <= 0:
            raise SpaceError(f"log range of {name!r} must begin above 0: {parameter.range_text()}")
    if not parameter.contains(parameter.default):
        raise SpaceError(
            f"default {parameter.default!r} of {name!r} is outside its range: "
            f"{parameter.range_text()}"
        )


def clash(one: Parameter, other: Parameter) -> str:
    """Say that one name stands for two different parameters."""
    what = "ranges" if one.range_text() != other.range_text() else "kinds or defaults"
    return (
        f"parameter {one.name!r} is used twice with different {what}: "
        f"{one.range_text()} (default {one.default}) and "
        f"{other.range_text()} (default {other.default})"
    )


def _label(value: Any) -> Value:  # noqa: ANN401  # a choice may be any object
    """Return what stands for a choice in storages: plain values themselves, others their repr."""
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


def _same(one: Value, other: Value) -> bool:
    return one == other and type(one) is type(other)
