"""Every study file of the project: loaded, drawn from, built, and fed a batch."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from nia_optuna import Space, load
from nia_optuna.branches import random_answer
from nia_optuna.recipe import SGD, Adam, AdamW, Recipe, RMSprop, named_decay
from nia_optuna.study import Study, check_space

STUDIES = sorted((Path(__file__).parents[1] / "studies").glob("*.py"))
SHAPES = {
    "cifar10": (3, 32, 32),
    "mnist": (1, 28, 28),
    "fashion_mnist": (1, 28, 28),
    "digits": (1, 8, 8),
}
LONGEST = 70


def draws(made: Study, number: int = 200) -> list[Recipe]:
    answer = random_answer(random.Random(made.name))
    return [made(Space(answer)) for _ in range(number)]


@pytest.fixture(params=STUDIES, ids=lambda file: file.stem)
def made(request: pytest.FixtureRequest) -> Study:
    return load(str(request.param))


def test_every_draw_builds_its_network(made: Study) -> None:
    assert isinstance(made.dataset, str)
    for recipe in draws(made):
        with torch.device("meta"):  # the shapes without the numbers: quick
            network = recipe.model.build(SHAPES[made.dataset], classes=10)
            assert network.eval()(torch.empty(2, *SHAPES[made.dataset])).shape == (2, 10)


def test_the_baselines_learn_from_a_batch(made: Study) -> None:
    assert isinstance(made.dataset, str)
    for params in ({}, *made.baselines.values()):
        network = made.recipe(params).model.build(SHAPES[made.dataset], classes=10)
        scores = network(torch.randn(4, *SHAPES[made.dataset]))
        torch.nn.functional.cross_entropy(scores, torch.arange(4)).backward()  # type: ignore[no-untyped-call]
        assert all(weight.grad is not None for weight in network.parameters())


def test_a_study_file_is_named_after_its_study_and_short_enough_to_read(made: Study) -> None:
    assert made.path is not None
    assert made.name == made.path.stem
    assert len(made.path.read_text().splitlines()) <= LONGEST
    assert made.question.endswith("?")


def test_together_the_studies_search_everything_that_can_be_searched() -> None:
    recipes = [recipe for file in STUDIES for recipe in draws(load(str(file)))]
    assert {type(recipe.optimizer) for recipe in recipes} == {SGD, Adam, AdamW, RMSprop}
    names = ("none", "step", "exponential", "cosine", "plateau")
    assert {type(recipe.decay) for recipe in recipes} >= {type(named_decay(n)) for n in names}
    asked = {name for file in STUDIES for name in check_space(load(str(file)))}
    assert asked >= {"activation", "width", "depth", "optimizer", "sgd.lr", "batch_size", "dropout"}
    assert asked >= {"sgd.momentum", "sgd.l2", "adamw.l2", "hidden"}
