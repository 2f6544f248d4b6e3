"""Every study of the project: loaded, drawn from, built, fed a batch, and run in a short form."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
import torch
from optuna.trial import TrialState

from nia_optuna import Space, load
from nia_optuna.architectures import CNN, MLP, Inception, LeNet, ResNet
from nia_optuna.branches import random_answer
from nia_optuna.budget import Budget
from nia_optuna.data import Resized, Source, Synthetic, open_data
from nia_optuna.data.export import Export, export_pictures
from nia_optuna.decay import named_decay
from nia_optuna.load import studies_in
from nia_optuna.metric import LOSSES
from nia_optuna.optimizer import SGD, Adam, AdamW, RMSprop
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr
from nia_optuna.search.run import Machine, Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.study import Study, check_space
from nia_optuna.training.device import Device
from nia_optuna.training.losses import criterion

FILES = sorted((Path(__file__).parents[1] / "studies").glob("*.py"))
SHAPES: dict[Source, tuple[int, ...]] = {
    "cifar10": (3, 32, 32),
    Resized("cifar10", 28): (3, 28, 28),
    "mnist": (1, 28, 28),
    "fashion_mnist": (1, 28, 28),
    "digits": (1, 8, 8),
    "boston_housing": (13,),
}
FOLDER = (3, 32, 32)
SMALL = ("digits", "boston_housing")
LONGEST = 72

NAMES = [(file, name) for file in FILES for name in studies_in(file)]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the one that the folder studies want, with a few made-up pictures."""
    home = tmp_path_factory.mktemp("home")
    made = Synthetic(shape=FOLDER, classes=10, train=300, test=60)
    (home / "data").mkdir()
    export_pictures(
        open_data(made, home), Export(home / "data" / "cifar10", shards=4, validation=60)
    )
    return home


@pytest.fixture(params=NAMES, ids=lambda pair: f"{pair[0].stem}:{pair[1]}")
def made(request: pytest.FixtureRequest, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.chdir(pictures)
    file, name = request.param
    return load(f"{file}:{name}")


def draws(made: Study, number: int = 200) -> list[Recipe]:
    answer = random_answer(random.Random(made.name))
    return [made(Space(answer)) for _ in range(number)]


def shape_of(made: Study) -> tuple[int, ...]:
    return SHAPES.get(made.dataset, FOLDER)


def outputs_of(made: Study) -> int:
    return 1 if made.task == "regression" else 10


def test_every_draw_builds_its_network(made: Study) -> None:
    for recipe in draws(made):
        with torch.device("meta"):  # the shapes without the numbers: quick
            network = recipe.model.build(shape_of(made), outputs_of(made))
            assert network.eval()(torch.empty(2, *shape_of(made))).shape == (2, outputs_of(made))


def test_the_baselines_learn_from_a_batch(made: Study) -> None:
    for given in ({}, *made.baselines.values()):
        recipe = given if isinstance(given, Recipe) else made.recipe(given)
        network = recipe.model.build(shape_of(made), outputs_of(made))
        scores = network(torch.randn(4, *shape_of(made)))
        targets = torch.arange(4)
        if made.task == "regression":
            # A rectified answer may be 0 for all of a batch; then nothing is learnt from it.
            scores, targets = scores - 1, targets.float()
        criterion(made.loss, made.task)(scores, targets).backward()  # type: ignore[no-untyped-call]
        assert all(weight.grad is not None for weight in network.parameters())


def test_a_study_file_is_short_enough_to_read_and_asks_questions(made: Study) -> None:
    assert made.path is not None
    assert len(made.path.read_text().splitlines()) <= LONGEST
    assert made.question.endswith("?")


def test_every_study_runs_in_a_short_form(made: Study, tmp_path: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    data: Source = made.dataset
    if data not in SMALL and isinstance(data, str | Resized):
        data = Synthetic(shape=shape_of(made), classes=10, train=240, test=40)  # type: ignore[arg-type]
    baselines = len({"default", *made.baselines})
    short = replace(
        made,
        dataset=data,
        budget=Budget(trials=baselines + 1, epochs=1, finalists=1, seeds=1),
        subset=min(100, made.subset) if isinstance(made.subset, int) else None,
        validation=60 if isinstance(made.validation, int) else made.validation,
        repeats=min(made.repeats, 2),
    )
    stored = run(
        short,
        Place(Runs(tmp_path / "runs"), tmp_path / "data"),
        Machine((Device(),), inline=True),
        lambda _: None,
    )
    finished = stored.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
    assert len(finished) == baselines + 1
    chosen = stored.user_attrs[StudyAttr.CHOSEN]
    assert len(chosen["baselines"]) == baselines
    shutil.rmtree(tmp_path)


def test_together_the_studies_search_everything_that_can_be_searched(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pictures)
    studies = [load(f"{file}:{name}") for file, name in NAMES]
    recipes = [recipe for made in studies for recipe in draws(made)]
    assert {type(recipe.optimizer) for recipe in recipes} == {SGD, Adam, AdamW, RMSprop}
    assert {type(recipe.model) for recipe in recipes} >= {CNN, MLP, Inception, LeNet, ResNet}
    names = ("none", "step", "exponential", "cosine", "plateau")
    assert {type(recipe.decay) for recipe in recipes} >= {type(named_decay(n)) for n in names}
    asked = {name for made in studies for name in check_space(made)}
    assert asked >= {"activation", "width", "depth", "optimizer", "sgd.lr", "batch_size", "dropout"}
    assert asked >= {"sgd.momentum", "sgd.l2", "adamw.l2", "hidden", "network", "augment"}
    assert {made.sampler for made in studies} >= {"auto", "grid"}
    assert {made.loss for made in studies} <= {loss for known in LOSSES.values() for loss in known}
