"""A finished trial as it would stand in a study whose space has changed. Writes nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from nia_optuna.parameter import Parameter, SpaceError
from nia_optuna.recipe import Recipe
from nia_optuna.record import DEFAULTS, TrialAttr
from nia_optuna.search.distributions import distribution
from nia_optuna.search.identity import stable_repr
from nia_optuna.search.sampler import seeded_by
from nia_optuna.space import Space, Value, answers
from nia_optuna.study import Study

# Said of a trial by its place in the old study; the new one may say otherwise.
_OF_THE_OLD = (
    TrialAttr.BASELINE,
    TrialAttr.CELL,
    TrialAttr.REHEARSED,
    TrialAttr.DRAWN,
    TrialAttr.INLINE,
)


class MisfitError(ValueError):
    """A trial that has no place in the new study: why, in a few words."""


@dataclass(frozen=True)
class Migration:
    """The trials that fit, in their order, and for the others how many are left out why."""

    trials: tuple[FrozenTrial, ...]
    left_out: dict[str, int]


def migration(
    trials: Iterable[FrozenTrial],
    study: Study,
    before: Mapping[str, Parameter],
    after: Mapping[str, Parameter],
) -> Migration:
    """Return what becomes of the trials of a study with the space `before` in `study`.

    A trial fits where it has ended, every value that it has and is still asked for lies in the
    range, and what is not asked for any more had its old default. What is newly asked for has its
    default. States, values, curves and seeds stay. Baselines are those of `study`: what was one and
    is none is an ordinary trial, and a complete trial with a baseline's parameters becomes it.
    """
    fit: list[FrozenTrial] = []
    left_out: dict[str, int] = {}
    for trial in trials:
        try:
            fit.append(_fitted(trial, study, before, after))
        except MisfitError as error:
            left_out[str(error)] = left_out.get(str(error), 0) + 1
    _name_baselines(fit, study)
    _number_cells(fit, study)
    return Migration(tuple(fit), left_out)


def recipe_as_it_was(study: Study, before: Mapping[str, Parameter]) -> str:
    """Return the repr of the recipe that `study` makes of the defaults of the space `before`.

    It shows a change of what the file holds fixed. Numbers may lie outside their range now; raises
    SpaceError where a choice is there no more.
    """
    return stable_repr(study(_Unbounded(answers({n: p.default for n, p in before.items()}))))


class _Unbounded(Space):
    """Answers with any number, in its range or not."""

    def _ask(self, parameter: Parameter) -> Value:
        value = self._answer(parameter)
        if parameter.kind == "choice" or isinstance(value, bool | str | None):
            return super()._ask(parameter)
        at = replace(parameter, default=value, low=value, high=value, step=1)
        return super()._ask(at)


def _fitted(
    trial: FrozenTrial,
    study: Study,
    before: Mapping[str, Parameter],
    after: Mapping[str, Parameter],
) -> FrozenTrial:
    if not trial.state.is_finished():
        raise MisfitError("not finished")
    if TrialAttr.SEED not in trial.user_attrs:
        raise MisfitError("never begun")
    space = Space()
    if TrialAttr.RECIPE in trial.user_attrs:
        _check_outside(trial, study)
    else:
        space = _drawn(trial, study, before)
    fitted = copy.deepcopy(trial)
    fitted.params = {n: _as(space.parameters[n], value) for n, value in space.values.items()}
    fitted.distributions = {n: distribution(space.parameters[n]) for n in space.values}
    fitted.user_attrs = {
        name: value for name, value in fitted.user_attrs.items() if name not in _OF_THE_OLD
    } | _kept(trial, space, after)
    return fitted


def _drawn(trial: FrozenTrial, study: Study, before: Mapping[str, Parameter]) -> Space:
    """Return the space as the study draws the trial from it now."""
    space = Space(answers(trial.params))
    try:
        recipe = study(space)
    except SpaceError:
        raise MisfitError("outside the new space") from None
    except Exception as error:
        raise MisfitError("without a recipe any more") from error
    gone = trial.params.keys() - space.values.keys()
    if any(name not in before or trial.params[name] != before[name].default for name in gone):
        raise MisfitError("with another value than the default of what is gone")
    epochs = study.epochs(recipe)
    if trial.user_attrs.get(TrialAttr.EPOCHS, epochs) != epochs:
        raise MisfitError("with another number of epochs")
    return space


def _kept(trial: FrozenTrial, space: Space, after: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return what still holds of what was said of a trial by its place in the old study."""
    kept: dict[str, Any] = {TrialAttr.MIGRATED: trial.number, TrialAttr.SEEDED: seeded_by(trial)}
    if TrialAttr.BASELINE in trial.user_attrs:
        kept[TrialAttr.BASELINE] = trial.user_attrs[TrialAttr.BASELINE]
    drawn = {
        name: value
        for name, value in trial.user_attrs.get(TrialAttr.DRAWN, {}).items()
        if name in after and after[name].contains(value)
    }
    if drawn.keys() - space.values.keys():
        kept[TrialAttr.DRAWN] = drawn
    return kept


def _check_outside(trial: FrozenTrial, study: Study) -> None:
    given = study.baselines.get(trial.user_attrs[TrialAttr.BASELINE])
    if not isinstance(given, Recipe):
        raise MisfitError("a baseline that is gone")
    if stable_repr(given) != trial.user_attrs[TrialAttr.RECIPE]:
        raise MisfitError("a baseline that has changed")


def _name_baselines(trials: list[FrozenTrial], study: Study) -> None:
    """Let trials be the baselines that they are in `study`, and no others."""
    inside = [trial for trial in trials if TrialAttr.RECIPE not in trial.user_attrs]
    was = {t.number: t.user_attrs.pop(TrialAttr.BASELINE, None) for t in inside}
    for name in (DEFAULTS, *study.baselines):
        given = study.baselines.get(name, {})
        if isinstance(given, Recipe):
            continue
        space = Space(answers(given))
        study(space)
        alike = [trial for trial in inside if trial.params == space.values]
        named = [trial for trial in alike if was[trial.number] == name]
        complete = [trial for trial in alike if trial.state == TrialState.COMPLETE]
        if chosen := (named or complete)[:1]:
            chosen[0].user_attrs[TrialAttr.BASELINE] = name


def _number_cells(trials: list[FrozenTrial], study: Study) -> None:
    """Let the first trial of every cell of a grid be that cell."""
    cells = study.cells() if study.sampler == "grid" else []
    for number, cell in enumerate(cells):
        for trial in [trial for trial in trials if trial.params == cell][:1]:
            trial.user_attrs[TrialAttr.CELL] = number


def _as(parameter: Parameter, value: Value) -> Value:
    """Return a value as Optuna keeps it: a whole number in a range of numbers is a float."""
    return float(value) if parameter.kind in ("uniform", "log") and value is not None else value
