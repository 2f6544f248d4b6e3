"""A study: one question, the space it searches and what is fixed about it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from nia_optuna.branches import union
from nia_optuna.recipe import Budget, Metric, Recipe
from nia_optuna.record import DEFAULTS
from nia_optuna.space import Parameter, Space, SpaceError, Value, answers

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

    from nia_optuna.data import Source

Draw = Callable[[Space], Recipe]
SamplerName = Literal["auto", "gp", "tpe", "random"]
PrunerName = Literal["halving", "median", "none"]
Augmentation = Literal["flip", "crop"]

MOST_LETTERS = 100
MOST_SEED = 2**32 - 1
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


class StudyError(ValueError):
    """A study that cannot be: said in one line."""


@dataclass(frozen=True)
class Study:
    """What `@study` makes of a function. Calling it draws a recipe from a space.

    `dataset` is a name, a folder, or a value such as ImageFolder or Synthetic.
    `validation` is the share of the training pictures set aside, or "own" for the data set's
    own validation part. `subset` keeps some of the training pictures: a float is a share in
    (0, 1], an int a count.
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
    *without_brackets: object,
    dataset: str | Source | None = None,
    budget: Budget | None = None,
    name: str | None = None,
    baselines: Mapping[str, Mapping[str, Any]] | None = None,
    metric: Metric = "accuracy",
    validation: float | Literal["own"] = 0.1,
    subset: float | None = None,
    augment: tuple[Augmentation, ...] = (),
    sampler: SamplerName | BaseSampler = "auto",
    pruner: PrunerName | BasePruner = "halving",
    seed: int = 0,
) -> Callable[[Draw], Study]:
    """Turn a function from a space to a recipe into a Study; its docstring is the question.

    It is written with brackets, `@study(dataset=...)`. The study's name is the function's
    unless `name` is given. See Study for what each setting means. Raises StudyError for
    settings that cannot be.
    """
    if without_brackets or dataset is None:
        raise StudyError("write @study(dataset=...): a study needs at least its data set")

    def decorate(draw: Draw) -> Study:
        made = Study(
            draw=draw,
            name=name or draw.__name__,
            question=" ".join((draw.__doc__ or "").split()),
            dataset=dataset,
            budget=budget or Budget(),
            baselines=baselines or {},
            metric=metric,
            validation=validation,
            subset=subset,
            augment=augment if isinstance(augment, str) else tuple(augment),
            sampler=sampler,
            pruner=pruner,
            seed=seed,
        )
        check_settings(made)
        return made

    return decorate


def check_settings(made: Study) -> None:
    """Raise StudyError where a setting of the study cannot be."""
    if not NAME.fullmatch(made.name):
        raise StudyError(
            f"study name {made.name!r} must be 1 to 100 of A-Z a-z 0-9 . _ - with no leading dot"
        )
    if not made.question:
        raise StudyError(f"study {made.name!r} has no docstring; it is the question to answer")
    if not isinstance(made.budget, Budget):
        raise StudyError(f"budget={made.budget!r} must be a Budget, such as Budget(trials=50)")
    _check_amounts(made)
    _one_of("metric", made.metric, get_args(Metric))
    if not hasattr(made.sampler, "sample_relative"):
        _one_of("sampler", made.sampler, get_args(SamplerName))
    if not hasattr(made.pruner, "prune"):
        _one_of("pruner", made.pruner, get_args(PrunerName))
    if isinstance(made.augment, str):
        raise StudyError(f"augment={made.augment!r} must be a tuple: ({made.augment!r},)")
    for augmentation in made.augment:
        _one_of("augment", augmentation, get_args(Augmentation))
    _check_baselines(made)


def _check_baselines(made: Study) -> None:
    given = made.baselines
    if not isinstance(given, Mapping) or not all(isinstance(v, Mapping) for v in given.values()):
        raise StudyError("baselines must map names to parameters, as in {'mine': {'width': 8}}")
    for name in given:
        if (
            not isinstance(name, str)
            or not name.isprintable()
            or not 1 <= len(name) <= MOST_LETTERS
        ):
            raise StudyError(
                f"baseline name {name!r} must be a line of 1 to {MOST_LETTERS} letters"
            )
    if DEFAULTS in given:
        raise StudyError(f"baseline {DEFAULTS!r} is the study's defaults; give yours another name")


def check_space(
    made: Study, check: Callable[[Recipe], object] = lambda _: None
) -> dict[str, Parameter]:
    """Return the union of the space after checking it, the defaults and every baseline.

    `check` is given every recipe that is drawn on the way, and raises what it has against it.
    Raises StudyError or SpaceError in one line.
    """

    def draw(space: Space) -> None:
        check(made(space))

    parameters = union(draw)
    if not parameters:
        raise StudyError(f"study {made.name!r} asks for no parameter: there is nothing to search")
    for name, params in made.baselines.items():
        for key in params:
            if key not in parameters:
                raise StudyError(
                    f"baseline {name!r}: the study has no parameter {key!r}{near(key, parameters)}"
                )
        space = Space(answers(params))
        try:
            draw(space)
        except SpaceError as error:
            raise StudyError(f"baseline {name!r}: {error}") from error
        except Exception as error:
            error.add_note(f"in baseline {name!r}")
            raise
        if unused := sorted(params.keys() - space.values.keys()):
            raise StudyError(f"baseline {name!r} sets {unused[0]!r}, which its branch does not use")
    return parameters


def near(given: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that `given` resembles, or nothing."""
    found = difflib.get_close_matches(given, list(known), 1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _check_amounts(made: Study) -> None:
    if made.validation != "own" and not (_is_number(made.validation) and 0 < made.validation < 1):
        raise StudyError(f"validation={made.validation!r} must be between 0 and 1, or 'own'")
    if made.subset is not None and not (
        _is_number(made.subset)
        and (made.subset >= 1 if isinstance(made.subset, int) else 0 < made.subset <= 1)
    ):
        raise StudyError(
            f"subset={made.subset!r} must be a float, a share in (0, 1], or an int, a count from 1"
        )
    seed = made.seed
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MOST_SEED:
        raise StudyError(f"seed={seed!r} must be a whole number from 0 to {MOST_SEED}")


def _one_of(what: str, given: object, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise StudyError(
            f"{what}={given!r} is not one of {', '.join(allowed)}{near(str(given), allowed)}"
        )


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)
