"""How many trials are asked for ahead."""

from dataclasses import replace

from nia_optuna.architectures import MLP
from nia_optuna.data import open_data, silent, split
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.record import TrialAttr
from nia_optuna.search.asker import BLOCK, LOOKAHEAD, MODEL_BLOCK, Asker
from nia_optuna.search.crew import Kinds
from nia_optuna.search.opening import open_ledger
from nia_optuna.search.run import Place
from nia_optuna.search.storage import open_storage
from nia_optuna.settings import SamplerName
from nia_optuna.space import Space
from nia_optuna.study import check_space
from nia_optuna.training.device import Device
from nia_optuna.training.stacked.kind import Kind
from tests.search.small import small


def one_structure(space: Space) -> Recipe:
    """Which learning rate?"""
    return Recipe(MLP((8,)), SGD(lr=space.log("lr", 1e-2, 1.0, default=0.1)), batch_size=32)


def asker(place: Place, sampler: SamplerName, trials: int = 5000) -> Asker:
    budget = replace(small.budget, trials=trials)
    study = replace(small, draw=one_structure, baselines={}, sampler=sampler, budget=budget)
    data = open_data(study.dataset, place.data_dir, silent)
    splits = split(data, validation=0.2, subset=None, seed=0)
    storage = open_storage(None, place.runs.path, create=True)
    ledger = open_ledger(study, storage, check_space(study), {})
    return Asker(ledger, Kinds(splits, Device()))


def asked(of: Asker, running: int = 0) -> int:
    """Return how many more are there after another question."""
    before = len(of.ready)
    of.ask(missing=4000, running=running, trainers=2)
    of.wait(60)
    assert of.collect() == []
    return len(of.ready) - before


def test_random_draws_are_asked_for_in_blocks_until_so_many_wait(place: Place) -> None:
    of = asker(place, "random")
    counts = [asked(of) for _ in range(7)]
    assert counts[0] == 3  # one more than there are trainers, before it is known how they are drawn
    assert counts[1:4] == [BLOCK] * 3
    assert sum(counts) == len(of.ready) == LOOKAHEAD
    of.close()


def test_a_model_is_asked_for_few_at_a_time_whatever_the_budget(place: Place) -> None:
    of = asker(place, "tpe")
    assert [asked(of) for _ in range(3)] == [3, 7, MODEL_BLOCK]
    assert of.alike
    assert asked(of, running=LOOKAHEAD) == 0
    of.close()


def test_a_quarter_of_all_trials_is_asked_of_a_model_ahead(place: Place) -> None:
    of = asker(place, "tpe", trials=40)
    assert [asked(of) for _ in range(4)] == [3, 7, 2 + 1 + 10 - 10, 0]
    of.close()


def test_a_trial_whose_trainer_died_goes_alone(place: Place) -> None:
    of = asker(place, "random")
    asked(of)
    first, *others = of.ready
    assert {each.kind.key is None for each in of.ready} == {False}
    of.ledger.lost(first.opened, "killed")
    of.take([first.start])
    asked(of)
    (again,) = (each for each in of.ready if each.start.run == first.start.run)
    assert TrialAttr.ATTEMPTS in again.opened.trial.user_attrs
    assert again.kind == Kind()
    assert others[0].kind != Kind()
    of.close()
