"""The default search proposes a value for every parameter of every branch."""

import math
from statistics import median

import optuna
import pytest
from optuna.trial import TrialState

from nia_optuna.architectures import MLP
from nia_optuna.branches import union
from nia_optuna.optimizer import SGD, AdamW, Optimizer
from nia_optuna.recipe import Recipe
from nia_optuna.record import TrialAttr
from nia_optuna.search.distributions import suggested_by
from nia_optuna.search.sampler import FEWEST_VALUES, STARTUP_TRIALS, UnionSampler, derived_seed
from nia_optuna.space import Space
from nia_optuna.study import Study


def sgd(space: Space) -> Optimizer:
    return SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1))


def adamw(space: Space) -> Optimizer:
    return AdamW(lr=space.log("lr", 1e-5, 1e-1, default=1e-3))


def draw(space: Space) -> Recipe:
    """Which learning rate?"""
    return Recipe(MLP(), space.one_of("optimizer", sgd, adamw))


STUDY = Study(draw, "lr", "Which learning rate?", "digits")
PARAMETERS = union(STUDY)


def score(recipe: Recipe) -> float:
    """Return minus the squared distance from the best learning rate, in orders of magnitude."""
    return -((math.log10(recipe.optimizer.lr) + 2) ** 2)


def search(trials: int, model: str = "auto", seed: int = 0) -> optuna.Study:
    """Maximise the score, whatever the optimizer."""
    stored = optuna.create_study(
        direction="maximize",
        sampler=UnionSampler(PARAMETERS, seed, model),  # type: ignore[arg-type]
    )
    for _ in range(trials):
        trial = stored.ask()
        space = Space(suggested_by(trial))
        recipe = STUDY(space)
        trial.set_user_attr(TrialAttr.DRAWN, trial.relative_params)
        stored.tell(trial, score(recipe))
    return stored


def test_a_stored_trial_holds_only_the_parameters_of_its_branch() -> None:
    for trial in search(5).trials:
        branch = trial.params["optimizer"]
        assert trial.params.keys() == {"optimizer", f"{branch}.lr"}
        assert trial.user_attrs[TrialAttr.DRAWN].keys() == PARAMETERS.keys()


@pytest.mark.parametrize("model", ["gp", "tpe"])
def test_a_model_of_the_union_homes_in_on_a_conditional_learning_rate(model: str) -> None:
    stored = search(STARTUP_TRIALS + 15, model)
    assert stored.best_value > -0.05


def test_the_same_study_seed_proposes_the_same_and_another_something_else() -> None:
    assert [t.params for t in search(4).trials] == [t.params for t in search(4).trials]
    assert search(1).trials[0].params != search(1, seed=1).trials[0].params


def test_no_two_proposals_are_alike_even_while_none_is_finished() -> None:
    stored = optuna.create_study(sampler=UnionSampler(PARAMETERS, 0))
    asked = []
    for _ in range(20):
        trial = stored.ask()
        STUDY(Space(suggested_by(trial)))
        asked.append(tuple(trial.params.items()))
    assert len(set(asked)) == len(asked)


def test_pruned_trials_teach_the_model() -> None:
    """All but the startup trials are pruned, and still the proposals move to the optimum."""
    stored = optuna.create_study(direction="maximize", sampler=UnionSampler(PARAMETERS, 0))
    values = []
    for number in range(STARTUP_TRIALS + 15):
        trial = stored.ask()
        recipe = STUDY(Space(suggested_by(trial)))
        value = score(recipe)
        trial.report(value, step=1)
        pruned = number >= STARTUP_TRIALS
        stored.tell(
            trial,
            None if pruned else value,
            state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
        )
        values.append(value)
    assert max(values[STARTUP_TRIALS:]) > -0.01
    assert median(values[STARTUP_TRIALS:]) > median(values[:STARTUP_TRIALS])


def test_the_model_learns_from_trials_that_still_run() -> None:
    """Nothing has ended but the first draws, and still the proposals move to the optimum."""
    stored = optuna.create_study(direction="maximize", sampler=UnionSampler(PARAMETERS, 0))
    values = []
    for number in range(STARTUP_TRIALS + 15):
        trial = stored.ask()
        value = score(STUDY(Space(suggested_by(trial))))
        for epoch in (1, 2, 3):
            trial.report(value, epoch)
        if number < FEWEST_VALUES:
            stored.tell(trial, value)
        values.append(value)
    assert max(values[STARTUP_TRIALS:]) > -0.01
    assert median(values[STARTUP_TRIALS:]) > median(values[:STARTUP_TRIALS])


def test_the_first_draws_are_random_however_many_have_ended() -> None:
    """Workers side by side draw no more at random than one alone."""
    ended, running = (
        optuna.create_study(direction="maximize", sampler=UnionSampler(PARAMETERS, 0))
        for _ in range(2)
    )
    for stored in (ended, running):
        for number in range(STARTUP_TRIALS):
            trial = stored.ask()
            value = score(STUDY(Space(suggested_by(trial))))
            if stored is ended or number < FEWEST_VALUES:
                stored.tell(trial, value)
    drawn = [[t.params for t in stored.trials] for stored in (ended, running)]
    assert drawn[0] == drawn[1]


def test_derived_seeds_depend_on_every_part() -> None:
    seeds = {derived_seed(a, b) for a in range(20) for b in range(20)}
    assert len(seeds) == 400
    assert all(0 <= seed < 2**31 for seed in seeds)
