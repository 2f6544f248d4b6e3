"""A study: one question, the space it searches and what is fixed about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nia_optuna.branches import cells, union
from nia_optuna.budget import Budget
from nia_optuna.data import task_of
from nia_optuna.metric import LOSSES, METRICS, Loss, Metric, Task
from nia_optuna.recipe import Augmentation, Recipe
from nia_optuna.record import DEFAULTS
from nia_optuna.settings import (
    PrunerName,
    SamplerName,
    StudyError,
    check_settings,
    near,
)
from nia_optuna.space import Parameter, Space, SpaceError, Value, answers

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

    from nia_optuna.data import Source

__all__ = ["Study", "StudyError", "check_space", "study"]

Draw = Callable[[Space], Recipe]
Baseline = Mapping[str, Any] | Recipe


@dataclass(frozen=True)
class Study:
    """What `@study` makes of a function. Calling it draws a recipe from a space.

    `dataset` is a name, a folder, or a value such as ImageFolder or Synthetic.
    `validation` is what of the training part is set aside to choose by: a float is a share, an
    int a count, "own" the data set's own validation part. `subset` keeps some of the training
    examples: a float is a share in (0, 1], stratified, an int n the first n. `normalise` is
    "standard" (by the training examples' own mean and standard deviation) or a pair of them.
    `baselines` maps a name to the parameters in which it departs from the defaults, or to a
    whole Recipe, which may lie outside the space; `reported` what its author reported for it,
    by the study's metric on the test part. `repeats` is how many seeds the value of a trial is
    the mean of. With `resplit` every one of them, and every seed of the confirmation, sets aside
    validation examples of its own, the same for all configurations.
    """

    draw: Draw
    name: str
    question: str
    dataset: str | Source
    _: KW_ONLY
    loss: Loss = "cross_entropy"
    metric: Metric = "accuracy"
    budget: Budget = field(default_factory=Budget)
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    reported: Mapping[str, float] = field(default_factory=dict)
    validation: float | Literal["own"] = 0.1
    subset: int | float | None = None
    normalise: Literal["standard"] | tuple[float, float] = "standard"
    augment: tuple[Augmentation, ...] = ()
    sampler: SamplerName | BaseSampler = "auto"
    pruner: PrunerName | BasePruner = "halving"
    repeats: int = 1
    resplit: bool = False
    seed: int = 0
    path: Path | None = None

    @property
    def task(self) -> Task:
        """What the data set asks for: a class, or a number."""
        return task_of(self.dataset)

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

    def epochs(self, recipe: Recipe) -> int:
        """Return how many epochs a recipe is trained: its own, up to the budget's."""
        return min(recipe.epochs or self.budget.epochs, self.budget.epochs)

    def cells(self) -> list[dict[str, Value]]:
        """Return the parameters of every recipe of the space, which must be finite."""
        return cells(self)


def study(
    *without_brackets: object,
    dataset: str | Source | None = None,
    budget: Budget | None = None,
    name: str | None = None,
    baselines: Mapping[str, Mapping[str, Any] | Recipe] | None = None,
    reported: Mapping[str, float] | None = None,
    loss: Loss | None = None,
    metric: Metric | None = None,
    validation: float | Literal["own"] = 0.1,
    subset: float | None = None,
    normalise: Literal["standard"] | tuple[float, float] = "standard",
    augment: tuple[Augmentation, ...] = (),
    sampler: SamplerName | BaseSampler = "auto",
    pruner: PrunerName | BasePruner = "halving",
    repeats: int = 1,
    resplit: bool = False,
    seed: int = 0,
) -> Callable[[Draw], Study]:
    """Turn a function from a space to a recipe into a Study; its docstring is the question.

    It is written with brackets, `@study(dataset=...)`. The study's name is the function's
    unless `name` is given. Loss and metric are cross-entropy and accuracy for classes, squared
    error for numbers. See Study for what each setting means. Raises StudyError for settings
    that cannot be.
    """
    if without_brackets or dataset is None:
        raise StudyError("write @study(dataset=...): a study needs at least its data set")

    def decorate(draw: Draw) -> Study:
        task = task_of(dataset)
        made = Study(
            draw=draw,
            name=draw.__name__ if name is None else name,
            question=" ".join((draw.__doc__ or "").split()),
            dataset=dataset,
            budget=budget or Budget(),
            baselines=baselines or {},
            reported=reported or {},
            loss=loss or LOSSES[task][0],
            metric=metric or METRICS[task][0],
            validation=validation,
            subset=subset,
            normalise=normalise,
            augment=augment if isinstance(augment, str) else tuple(augment),
            sampler=sampler,
            pruner=pruner,
            repeats=repeats,
            resplit=resplit,
            seed=seed,
        )
        check_settings(made)
        return made

    return decorate


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
    if made.sampler == "grid":
        made.cells()
    defaults = Space()
    made(defaults)
    known = {DEFAULTS: defaults.values}
    for name, given in made.baselines.items():
        try:
            if isinstance(given, Recipe):
                check(given)
            else:
                values = _check_baseline(name, given, parameters, draw)
                _check_apart(name, values, known)
                known[name] = values
        except StudyError:
            raise
        except SpaceError as error:
            raise StudyError(f"baseline {name!r}: {error}") from error
        except Exception as error:
            error.add_note(f"in baseline {name!r}")
            raise
    return parameters


def _check_baseline(
    name: str,
    params: Mapping[str, Value],
    parameters: Mapping[str, Parameter],
    draw: Callable[[Space], None],
) -> dict[str, Value]:
    for key in params:
        if key not in parameters:
            raise StudyError(
                f"baseline {name!r}: the study has no parameter {key!r}{near(key, parameters)}"
            )
    space = Space(answers(params))
    draw(space)
    if unused := sorted(params.keys() - space.values.keys()):
        raise StudyError(f"baseline {name!r} sets {unused[0]!r}, which its branch does not use")
    return space.values


def _check_apart(
    name: str, values: Mapping[str, Value], known: Mapping[str, Mapping[str, Value]]
) -> None:
    """Refuse a second name for the same settings: a report could not tell them apart."""
    for other, theirs in known.items():
        if values == theirs:
            whose = "the defaults" if other == DEFAULTS else f"baseline {other!r}"
            raise StudyError(f"baseline {name!r} is the same as {whose}; leave one of them out")
