"""A study: one question, the space it searches and what is fixed about it."""

from __future__ import annotations

import difflib
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nia_optuna.recipe import Budget, Metric, Recipe
from nia_optuna.space import Answer, Parameter, Space, SpaceError, Value, clash, default_of

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

    from nia_optuna.data import Source

Draw = Callable[[Space], Recipe]
SamplerName = Literal["auto", "gp", "tpe", "random"]
PrunerName = Literal["halving", "median", "none"]
Augmentation = Literal["flip", "crop"]

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


class StudyError(ValueError):
    """A study that cannot be: said in one line."""


@dataclass(frozen=True)
class Study:
    """What `@study` makes of a function. Calling it draws a recipe from a space.

    `dataset` is a name, a folder, or a value such as ImageFolder or Synthetic.
    `validation` is the share of the training pictures set aside, or "own" for the data set's
    own validation part. `subset` keeps a share (below 1.0) or a number of the training pictures.
    `baselines` maps a name to the parameters in which it departs from the defaults.
    """

    draw: Draw
    name: str
    question: str
    dataset: str | Source
    _: KW_ONLY
    budget: Budget = field(default_factory=Budget)
    baselines: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    metric: Metric = "accuracy"
    validation: float | Literal["own"] = 0.1
    subset: int | float | None = None
    augment: tuple[Augmentation, ...] = ()
    sampler: SamplerName | BaseSampler = "auto"
    pruner: PrunerName | BasePruner = "halving"
    seed: int = 0
    path: Path | None = None

    def __call__(self, space: Space) -> Recipe:
        """Return the recipe that `space` answers; raises StudyError if it is not a Recipe."""
        recipe = self.draw(space)
        if not isinstance(recipe, Recipe):
            raise StudyError(
                f"study {self.name!r} must return a Recipe, it returned {type(recipe).__name__}"
            )
        return recipe

    def recipe(self, params: Mapping[str, Value]) -> Recipe:
        """Return the recipe of `params`; what they leave out has its default."""
        return self(Space(answers(params)))


def study(
    *,
    dataset: str | Source,
    budget: Budget | None = None,
    name: str | None = None,
    baselines: Mapping[str, Mapping[str, Value]] | None = None,
    metric: Metric = "accuracy",
    validation: float | Literal["own"] = 0.1,
    subset: float | None = None,
    augment: tuple[Augmentation, ...] = (),
    sampler: SamplerName | BaseSampler = "auto",
    pruner: PrunerName | BasePruner = "halving",
    seed: int = 0,
) -> Callable[[Draw], Study]:
    """Turn a function from a space to a recipe into a Study; its docstring is the question.

    The study's name is the function's unless `name` is given. Raises StudyError for settings
    that cannot be. See Study for what each setting means.
    """

    def decorate(draw: Draw) -> Study:
        made = Study(
            draw=draw,
            name=name or draw.__name__,
            question=" ".join((draw.__doc__ or "").split()),
            dataset=dataset,
            budget=budget or Budget(),
            baselines=dict(baselines or {}),
            metric=metric,
            validation=validation,
            subset=subset,
            augment=tuple(augment),
            sampler=sampler,
            pruner=pruner,
            seed=seed,
        )
        check_settings(made)
        return made

    return decorate


def answers(params: Mapping[str, Value]) -> Answer:
    """Answer from `params`, and with the default where they are silent."""
    return lambda parameter: params.get(parameter.name, parameter.default)


def random_answer(rng: random.Random) -> Answer:
    """Answer every parameter with a random draw from its range."""

    def answer(parameter: Parameter) -> Value:
        if parameter.kind == "choice":
            return rng.choice(parameter.choices)
        if parameter.kind == "integer":
            return rng.randrange(int(parameter.low), int(parameter.high) + 1, parameter.step)
        if parameter.kind == "log":
            drawn = parameter.low * (parameter.high / parameter.low) ** rng.random()
            return min(max(drawn, parameter.low), parameter.high)
        return rng.uniform(parameter.low, parameter.high)

    return answer


def union(made: Study, draws: int = 200) -> dict[str, Parameter]:
    """Return every parameter of every branch, found by visiting the choices and by random draws.

    Raises what the study's function raises, and SpaceError where a name has two ranges.
    """
    found: dict[str, Parameter] = {}
    visited: set[tuple[str, Value]] = set()

    def visit(answer: Answer) -> None:
        space = Space(answer)
        made(space)
        for parameter in space.parameters.values():
            known = found.setdefault(parameter.name, parameter)
            if known != parameter:
                raise SpaceError(clash(known, parameter))

    visit(default_of)
    # Branches open branches: visit each choice of each parameter found, until none is new.
    while pending := [
        (p.name, choice)
        for p in list(found.values())
        for choice in p.choices
        if (p.name, choice) not in visited
    ]:
        for name, choice in pending:
            visited.add((name, choice))
            visit(answers({name: choice}))
    rng = random.Random(0)  # noqa: S311  # no secret is drawn
    for _ in range(draws):
        visit(random_answer(rng))
    return found


def check_settings(made: Study) -> None:
    """Raise StudyError where a setting of the study cannot be."""
    if not NAME.fullmatch(made.name):
        raise StudyError(
            f"study name {made.name!r} must be 1 to 100 of A-Z a-z 0-9 . _ - with no leading dot"
        )
    if isinstance(made.validation, str):
        if made.validation != "own":
            raise StudyError(f"validation={made.validation!r} must be a share or 'own'")
    elif not 0 < made.validation < 1:
        raise StudyError(f"validation={made.validation!r} must be between 0 and 1, or 'own'")
    if made.subset is not None and made.subset <= 0:
        raise StudyError(f"subset={made.subset!r} must be above 0")
    _one_of("metric", made.metric, ("accuracy", "loss"))
    if isinstance(made.sampler, str):
        _one_of("sampler", made.sampler, ("auto", "gp", "tpe", "random"))
    if isinstance(made.pruner, str):
        _one_of("pruner", made.pruner, ("halving", "median", "none"))
    for augmentation in made.augment:
        _one_of("augment", augmentation, ("flip", "crop"))
    if not made.question:
        raise StudyError(f"study {made.name!r} has no docstring; it is the question to answer")


def check_space(made: Study) -> dict[str, Parameter]:
    """Return the union of the space after checking it, the defaults and every baseline.

    Raises StudyError or SpaceError in one line.
    """
    parameters = union(made)
    if not parameters:
        raise StudyError(f"study {made.name!r} asks for no parameter: there is nothing to search")
    for name, params in made.baselines.items():
        for key in params:
            if key not in parameters:
                near = difflib.get_close_matches(key, parameters, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise StudyError(f"baseline {name!r} names no parameter {key!r}{hint}")
        space = Space(answers(params))
        try:
            made(space)
        except SpaceError as error:
            raise StudyError(f"baseline {name!r}: {error}") from error
        if unused := sorted(params.keys() - space.values.keys()):
            raise StudyError(f"baseline {name!r} sets {unused[0]!r}, which its branch does not use")
    return parameters


def _one_of(what: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        near = difflib.get_close_matches(given, allowed, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise StudyError(f"{what}={given!r} is not one of {', '.join(allowed)}{hint}")
