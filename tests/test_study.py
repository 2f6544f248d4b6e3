"""Studies: what the decorator makes of a function, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nia_optuna import MLP, SGD, Adam, Budget, Recipe, Space, Study, study
from nia_optuna.optimizer import Optimizer
from nia_optuna.recipe import Augmentation
from nia_optuna.study import StudyError, check_space


def draw(space: Space) -> Recipe:
    """Which optimizer,
    and how fast?
    """
    return Recipe(
        model=MLP(widths=(space.choice("width", (8, 16), default=8),)),
        optimizer=space.one_of("optimizer", sgd, adam),
    )


def sgd(space: Space) -> Optimizer:
    return SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1))


def adam(space: Space) -> Optimizer:
    return Adam(lr=space.log("lr", 1e-4, 1e-2, default=1e-3))


def made(**settings: Any) -> Study:  # noqa: ANN401  # wrong ones, too
    return study(**{"dataset": "digits", **settings})(draw)


def test_a_study_has_its_functions_name_and_its_docstring_as_the_question() -> None:
    assert made().name == "draw"
    assert made(name="other").name == "other"
    assert made().question == "Which optimizer, and how fast?"


def test_the_baseline_is_the_recipe_of_the_defaults() -> None:
    assert made().recipe({}) == Recipe(model=MLP(widths=(8,)), optimizer=SGD(lr=0.1))


def test_params_change_what_they_name_and_leave_the_rest() -> None:
    recipe = made().recipe({"optimizer": "adam", "adam.lr": 0.01})
    assert recipe == Recipe(model=MLP(widths=(8,)), optimizer=Adam(lr=0.01))


def test_the_space_is_the_union_of_all_branches() -> None:
    assert list(check_space(made())) == ["width", "optimizer", "sgd.lr", "adam.lr"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"name": ".hidden"}, "study name '.hidden' must be"),
        ({"name": "../../x"}, "must be 1 to 100 of"),
        ({"name": "a" * 101}, "must be 1 to 100 of"),
        ({"name": "<script>"}, "must be 1 to 100 of"),
        ({"name": "two\n"}, "must be 1 to 100 of"),
        ({"budget": 50}, "budget=50 must be a Budget"),
        ({"validation": 1.0}, "validation=1.0 must be a float, a share in (0, 1), or an int"),
        ({"validation": "mine"}, "validation='mine' must be"),
        ({"validation": None}, "validation=None must be"),
        ({"subset": 0}, "subset=0 must be a float, a share in (0, 1], or an int, a count from 1"),
        ({"subset": 1.5}, "subset=1.5 must be a float, a share"),
        ({"metric": "acuracy"}, "did you mean 'accuracy'"),
        ({"sampler": "randon"}, "did you mean 'random'"),
        ({"pruner": "half"}, "pruner='half' is not one of halving, median, none"),
        ({"augment": ("flop",)}, "augment='flop' is not one of"),
        ({"augment": "flip"}, "must be a tuple"),
        ({"seed": -1}, "seed=-1 must be a whole number from 0"),
        ({"baselines": {"default": {}}}, "give yours another name"),
        ({"baselines": {"mine": 3}}, "or to a Recipe"),
        ({"reported": {"mine": 0.9}}, "reported 'mine' is no baseline"),
        ({"baselines": {"mine": {}}, "reported": {"mine": "98 %"}}, "must be a number"),
        ({"baselines": {"mine": {}}, "reported": {"mines": 0.9}}, "did you mean 'mine'?"),
        ({"baselines": {"mine": {}}, "reported": {"mine": 98}}, "98 % is 0.98"),
        ({"validation": 0}, "validation=0 must be"),
        ({"repeats": 0}, "repeats=0 must be a whole number from 1 to 100"),
        ({"resplit": 1}, "resplit=1 must be True or False"),
        ({"resplit": True, "validation": "own"}, "drop one of the two"),
        ({"normalise": (0.5, 0)}, "normalise=(0.5, 0) must be 'standard', or"),
        ({"normalise": "unit"}, "normalise='unit' must be"),
        ({"loss": "hing"}, "did you mean 'hinge'?"),
        ({"metric": "mse"}, "metric='mse' is not one of accuracy, loss"),
        ({"dataset": "boston_housing", "metric": "accuracy"}, "not one of mse, mae, loss"),
        ({"dataset": "boston_housing", "loss": "hinge"}, "not one of squared, absolute"),
        ({"dataset": "boston_housing", "augment": ("flip",)}, "rows of numbers"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(StudyError) as error:
        made(**settings)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"width": 12}, "baseline 'mine': 12 for 'width' is outside its range: 8, 16"),
        ({"widht": 8}, "has no parameter 'widht'; did you mean 'width'?"),
        ({"adam.lr": 0.01}, "sets 'adam.lr', which its branch does not use"),
        ({"sgd.lr": "0.1"}, "'0.1' for 'sgd.lr' is outside its range"),
    ],
)
def test_a_baseline_that_cannot_be_is_refused(params: dict[str, object], said: str) -> None:
    with pytest.raises(StudyError) as error:
        check_space(made(baselines={"mine": params}))
    assert said in str(error.value)


def test_every_recipe_drawn_is_checked_those_of_all_branches_and_baselines() -> None:
    recipes: list[Recipe] = []
    check_space(made(baselines={"mine": {"sgd.lr": 0.123}}), recipes.append)
    assert recipes[0] == made().recipe({})
    assert recipes[-1].optimizer == SGD(lr=0.123)
    assert {type(recipe.optimizer) for recipe in recipes} == {SGD, Adam}
    assert len(recipes) > 200


@pytest.mark.parametrize("subset", [None, 0.1, 1.0, 1, 800])
def test_a_subset_is_a_share_or_a_count(subset: float | None) -> None:
    assert made(subset=subset).subset == subset


def test_budgets_have_sensible_defaults() -> None:
    assert made().budget == Budget()


def test_a_study_of_numbers_minimises_squared_errors_unless_told_otherwise() -> None:
    houses = made(dataset="boston_housing")
    assert (houses.task, houses.loss, houses.metric) == ("regression", "squared", "mse")
    assert made(dataset="boston_housing", metric="mae", loss="absolute").metric == "mae"
    assert (made().task, made().loss, made().metric) == (
        "classification",
        "cross_entropy",
        "accuracy",
    )


def test_a_baseline_may_be_a_recipe_of_its_own() -> None:
    outside = Recipe(MLP(widths=(7, 7)), Adam(lr=1.0))
    recipes: list[Recipe] = []
    check_space(made(baselines={"by hand": outside}), recipes.append)
    assert recipes[-1] is outside


def test_validation_may_be_a_count() -> None:
    assert made(validation=1000).validation == 1000


def test_two_names_for_the_same_settings_are_refused() -> None:
    with pytest.raises(StudyError, match="baseline 'mine' is the same as the defaults"):
        check_space(made(baselines={"mine": {}}))
    with pytest.raises(StudyError, match="baseline 'b' is the same as baseline 'a'"):
        check_space(made(baselines={"a": {"sgd.lr": 0.2}, "b": {"sgd.lr": 0.2}}))


def test_a_baseline_names_a_choice_by_its_value() -> None:
    def flipped(space: Space) -> Recipe:
        """Which pictures?"""
        pictures: tuple[tuple[Augmentation, ...], ...] = ((), ("flip",))
        augment = space.choice("augment", pictures, default=())
        return Recipe(MLP(), SGD(lr=0.1), augment=augment)

    study_of = replace(made(), draw=flipped, baselines={"mine": {"augment": ("flip",)}})
    recipes: list[Recipe] = []
    check_space(study_of, recipes.append)
    assert recipes[-1].augment == ("flip",)
