"""Five verbs that ask for a value: of a trial, of a random draw, or of the defaults.

A study function receives a `Space` and calls its verbs; conditions are Python's own `if`.
`Space()` with nothing behind it answers every default, so the baseline costs nothing.
Imports neither torch nor Optuna.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from nia_optuna.parameter import Parameter, SpaceError, Value, check_parameter, clash

__all__ = ["Answer", "Parameter", "Space", "SpaceError", "Value", "answers", "default_of", "label"]

T = TypeVar("T")
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

Answer = Callable[[Parameter], Value]


def default_of(parameter: Parameter) -> Value:
    """Answer every parameter with its default."""
    return parameter.default


def answers(params: Mapping[str, Value]) -> Answer:
    """Answer from `params`, and with the default where they are silent.

    A choice may be named by itself or by what stands for it in storages.
    """
    labels = {name: label(name, value) for name, value in params.items()}
    return lambda parameter: labels.get(parameter.name, parameter.default)


class Space:
    """Answers the verbs; `values` and `parameters` say afterwards what was asked and answered.

    `answer` maps a Parameter to a value of it; without one every default is answered.
    Every verb raises SpaceError: on a default or an answer outside the range, on an empty or
    upside-down range, on a name asked for twice with different ranges.
    """

    def __init__(self, answer: Answer = default_of) -> None:
        self._answer = answer
        self._scope = ""
        self._branches: dict[str, str] = {}
        self.parameters: dict[str, Parameter] = {}
        self.values: dict[str, Value] = {}

    def choice(self, name: str, choices: Sequence[T], *, default: T) -> T:
        """Return one of `choices`, which may be any values (tuples, decays, ...)."""
        full = self._full(name)
        if isinstance(choices, str):
            raise SpaceError(
                f"choices of {full!r} are one text; put them in brackets: ({choices!r},)"
            )
        choices = tuple(choices)
        labels = tuple(label(full, choice) for choice in choices)
        if len(set(map(repr, labels))) < len(labels):
            raise SpaceError(f"choices of {full!r} repeat a value")
        if len(set(map(str, labels))) < len(labels):
            raise SpaceError(f"choices of {full!r} are written alike, such as 1 and '1'")
        chosen = self._ask(Parameter(full, "choice", label(full, default), choices=labels))
        return next(c for c, known in zip(choices, labels, strict=True) if _same(known, chosen))

    def integer(
        self, name: str, low: int, high: int, *, default: int, step: int = 1, log: bool = False
    ) -> int:
        """Return a whole number from `low` to `high`, both included."""
        parameter = Parameter(
            self._full(name), "integer", default, low=low, high=high, step=step, log=log
        )
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
        full = self._full(name)
        named = {_branch_name(full, branch): branch for branch in branches}
        if not branches or len(named) < len(branches):
            raise SpaceError(f"one_of {full!r} needs branches with different names")
        first = _branch_name(full, default or branches[0])
        chosen = self.choice(name, tuple(named), default=first)
        for branch in named:
            owner = self._branches.setdefault(self._full(branch), full)
            if owner != full:
                # Their parameters would share names, and so be tied to each other unseen.
                raise SpaceError(f"branch {branch!r} belongs to both {owner!r} and {full!r}")
        outer, self._scope = self._scope, f"{self._full(chosen)}."
        try:
            return named[chosen](self)
        finally:
            self._scope = outer

    def _full(self, name: str) -> str:
        if not name or not name.isprintable() or "." in name:
            raise SpaceError(f"parameter name {name!r} must be one readable line without a dot")
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


def label(name: str, value: object) -> Value:
    """Return what stands for a choice in storages: plain values themselves, others their repr."""
    if value is None or isinstance(value, bool):
        return value
    for plain in (int, float):
        if isinstance(value, plain):  # an IntEnum's or NumPy's number is stored as Python's own
            return plain(value)
    if isinstance(value, str):
        return str.__str__(value)
    shown = repr(value)
    if ADDRESS.search(shown):
        # The repr would differ in the next process, and the study would not know its own past.
        raise SpaceError(f"choice {shown} of {name!r} needs a repr without its memory address")
    return shown


def _same(one: Value, other: Value) -> bool:
    return one == other and type(one) is type(other)


def _branch_name(name: str, branch: object) -> str:
    found = getattr(branch, "__name__", "")
    if not isinstance(found, str) or not found.isidentifier():
        raise SpaceError(f"branch {branch!r} of {name!r} is not a function with a name of its own")
    return found
