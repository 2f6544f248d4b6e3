"""Every parameter of every branch of a space, found by drawing from it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from nia_optuna.parameter import Parameter, SpaceError, Value, clash
from nia_optuna.space import Answer, Space, answers, default_of

if TYPE_CHECKING:
    from collections.abc import Callable


# A grid with more cells than this is no grid that anybody waits for.
MOST_CELLS = 10_000

# A space with more parameters than this is a loop without a bound.
MOST_PARAMETERS = 500


def random_answer(rng: random.Random) -> Answer:
    """Answer every parameter with a random draw from its range."""

    def answer(parameter: Parameter) -> Value:
        low, high = parameter.low, parameter.high
        if parameter.kind == "choice":
            return rng.choice(parameter.choices)
        if parameter.kind == "log" or parameter.log:
            drawn: float = min(max(low * (high / low) ** rng.random(), low), high)
            return round(drawn) if parameter.kind == "integer" else drawn
        if parameter.kind == "integer":
            return rng.randrange(int(low), int(high) + 1, parameter.step)
        return rng.uniform(low, high)

    return answer


def union(draw: Callable[[Space], object], draws: int = 200) -> dict[str, Parameter]:
    """Return every parameter of every branch, found by visiting its choices and by random draws.

    Raises what `draw` raises, with a note of where that draw departs from the
    defaults, and SpaceError where a name has two ranges or the space has no end.
    """
    found: dict[str, Parameter] = {}
    anything = random_answer(random.Random(0))  # noqa: S311  # no secret is drawn
    pending: list[Answer] = [anything] * draws + [default_of]
    while pending:
        space = Space(pending.pop())
        try:
            draw(space)
        except Exception as error:
            if departures := _departures(space):
                error.add_note(f"with {departures}")
            raise
        for parameter in space.parameters.values():
            known = found.setdefault(parameter.name, parameter)
            if len(found) > MOST_PARAMETERS:
                raise SpaceError(
                    f"the space does not end: {len(found)} parameters and counting (the last is "
                    f"{parameter.name!r}); give the loop that asks for them a bound"
                )
            if known is parameter:
                # Branches open branches: each end of a new parameter is visited in the very
                # draw that led to it.
                ends = parameter.choices or (parameter.low, parameter.high)
                pending += [answers({**space.values, parameter.name: end}) for end in ends]
            elif known != parameter:
                raise SpaceError(clash(known, parameter))
    return found


def cells(draw: Callable[[Space], object]) -> list[dict[str, Value]]:
    """Return the answers of every draw that a space can give, each once, the defaults' first.

    Conditions are followed: a cell holds the parameters that its branches ask for. Raises
    SpaceError where a parameter has no end of values, or the cells have none.
    """
    found: list[dict[str, Value]] = []
    pending: list[dict[str, Value]] = [{}]
    while pending:
        prefix = pending.pop()
        space = Space(answers(prefix))
        draw(space)
        found.append(space.values)
        if len(found) > MOST_CELLS:
            raise SpaceError(f"the grid has more than {MOST_CELLS:,} cells; search it instead")
        # Whatever this draw asked for beyond its prefix was answered with the default: the other
        # values of each are opened here, behind the defaults of those before it.
        behind = dict(prefix)
        for name, value in space.values.items():
            if name not in prefix:
                others = [v for v in _values(space.parameters[name]) if v != value]
                pending += [{**behind, name: other} for other in reversed(others)]
            behind[name] = value
    return found


def _values(parameter: Parameter) -> tuple[Value, ...]:
    if parameter.kind == "choice":
        return parameter.choices
    if parameter.kind == "integer":
        values = range(int(parameter.low), int(parameter.high) + 1, parameter.step)
        if len(values) > MOST_CELLS:
            raise SpaceError(f"{parameter.name!r} alone has more than {MOST_CELLS:,} cells")
        return tuple(values)
    raise SpaceError(
        f"a grid needs values that can be counted, but {parameter.name!r} is "
        f"{parameter.range_text()}; make it a choice, or take another sampler"
    )


def _departures(space: Space) -> str:
    return ", ".join(
        f"{name}={value}"
        for name, value in space.values.items()
        if value != space.parameters[name].default
    )
