"""Who trains beside whom."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from nia_optuna.architectures import MLP, LeNet
from nia_optuna.data import open_data, silent, split
from nia_optuna.optimizer import SGD, Adam
from nia_optuna.recipe import Recipe
from nia_optuna.search.crew import Crew, Kinds, joined, may_pass, side_by_side
from nia_optuna.search.protocol import Chance, Run, Start
from nia_optuna.training.device import Device
from nia_optuna.training.stacked.kind import Kind
from nia_optuna.training.stacked.size import MOST, MOST_SMALL
from nia_optuna.training.training import Training

SMALL, OTHER, ALONE = Kind("small", 4, pays=True), Kind("other", 4, pays=True), Kind()


def order(number: int, recipe: Recipe | None = None, repeats: int = 0) -> Start:
    training = Training(recipe or Recipe(MLP((8,)), SGD(0.1)), epochs=3)
    chances = tuple(Chance(k, 0) for k in range(repeats))
    return Start(Run(number, number), 0, training, repeats=chances)


def chosen(kinds: list[Kind], free: int, repeats: int = 0) -> list[int]:
    waiting = [(order(k, repeats=repeats), kind) for k, kind in enumerate(kinds)]
    return [start.run.trial for start in side_by_side(waiting, free)]


def test_the_first_begins_with_those_that_are_alike() -> None:
    assert chosen([SMALL, OTHER, SMALL, ALONE, SMALL], free=1) == [0, 2, 4]
    assert chosen([ALONE, ALONE, SMALL], free=1) == [0]


def test_a_stack_holds_no_more_than_it_may_whatever_they_repeat() -> None:
    assert chosen([SMALL] * 9, free=1) == [0, 1, 2, 3]
    assert chosen([SMALL] * 9, free=1, repeats=1) == [0, 1]
    assert chosen([SMALL] * 9, free=1, repeats=9) == [0]


def test_every_free_trainer_gets_its_share() -> None:
    assert chosen([SMALL] * 4, free=2) == [0, 1]
    assert chosen([SMALL] * 3, free=4) == [0]


def test_others_join_where_they_are_alike_and_there_is_room_for_all_their_trainings() -> None:
    crew = Crew(SMALL, {Run(0, 0): 2})
    assert crew.takes(order(1), SMALL)
    assert crew.takes(order(1, repeats=1), SMALL)
    assert not crew.takes(order(1, repeats=2), SMALL)
    assert not crew.takes(order(1), OTHER)
    assert not Crew(ALONE, {Run(0, 0): 1}).takes(order(1), ALONE)


def test_who_joins_goes_to_the_smallest_that_has_room_and_is_not_closed() -> None:
    large, small = Crew(SMALL, {Run(0, 0): 3}), Crew(SMALL, {Run(1, 1): 1})
    assert joined([large, small], order(2), SMALL) is small
    small.close()
    assert joined([large, small], order(2), SMALL) is large
    assert joined([large, small], order(2, repeats=1), SMALL) is None


def test_a_network_that_cannot_be_built_goes_alone(tmp_path: Path) -> None:
    data = open_data("digits", tmp_path, silent)
    kind_of = Kinds(split(data, validation=0.2, subset=None, seed=0), Device())
    assert kind_of(order(0, Recipe(LeNet(), SGD(0.1)))) == ALONE  # it needs 12x12 pictures


def test_how_much_memory_was_free_makes_no_other_kind() -> None:
    assert Kind("small", 269) == Kind("small", 270)
    assert hash(Kind("small", 269)) == hash(Kind("small", 270))


def test_to_tell_kinds_takes_no_compiler_and_no_scikit_learn(tmp_path: Path) -> None:
    asked = (
        "import sys; from pathlib import Path; from tests.search.test_crew import *;"
        "from nia_optuna.data import Synthetic;"
        "data = open_data(Synthetic(), Path(sys.argv[1]), silent);"
        "splits = split(data, validation=0.2, subset=None, seed=0);"
        "assert Kinds(splits, Device())(order(0)).key is not None;"
        "print([name for name in ('torch._dynamo', 'sklearn') if name in sys.modules])"
    )
    words = [sys.executable, "-c", asked, str(tmp_path)]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_who_waits_first_is_passed_by_no_more_than_a_stack() -> None:
    assert may_pass(order(3), order(3), SMALL)
    assert may_pass(order(3), order(7), SMALL)
    assert not may_pass(order(3), order(8), SMALL)


def test_kinds_tell_apart_what_a_stack_cannot_vary(tmp_path: Path) -> None:
    base = Recipe(MLP((8,), dropout=0.1), SGD(0.1), batch_size=32)
    others = [
        replace(base, optimizer=SGD(0.3, momentum=0.9, l2=1e-3)),
        replace(base, model=MLP((8,), dropout=0.4), decay="cosine"),
        replace(base, model=MLP((8,))),
        replace(base, optimizer=Adam()),
        replace(base, batch_size=64),
        replace(base, model=MLP((9,), dropout=0.1)),
        replace(base, model=MLP((8,), dropout=0.1, batch_norm=True)),
        replace(base, model=MLP((8,), "tanh", dropout=0.1)),
    ]
    data = open_data("digits", tmp_path, silent)
    kind_of = Kinds(split(data, validation=0.2, subset=None, seed=0), Device())
    first, *kinds = [kind_of(order(k, recipe)) for k, recipe in enumerate([base, *others])]
    assert first.most == MOST_SMALL
    assert [kind == first for kind in kinds] == [
        True,
        True,
        True,
        False,
        False,
        False,
        False,
        False,
    ]
    assert kind_of(order(99, replace(base, model=MLP((512,))))).most == MOST
