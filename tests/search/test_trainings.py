"""A configuration's seeds train side by side, and the coordinator is told what it always was."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nia_optuna.architectures import MLP
from nia_optuna.data import Splits, open_data, silent, split
from nia_optuna.optimizer import Adam
from nia_optuna.recipe import Recipe
from nia_optuna.search.protocol import (
    Chance,
    Failed,
    Finished,
    Message,
    Run,
    Start,
    Stopped,
    Trained,
)
from nia_optuna.search.trainer import Cuts, carry_out
from nia_optuna.training.stacked.fit import fit_together
from nia_optuna.training.training import Training
from tests.search.small import CPU

RECIPE = Recipe(MLP((8,)), Adam(0.02), batch_size=32)
TRAINING = Training(RECIPE, epochs=4, loss="squared", metric="mse")
ORDER = Start(
    Run(3, 70), cut=0, training=TRAINING, repeats=tuple(Chance(70 + k, k) for k in range(1, 5))
)


@pytest.fixture
def cuts(tmp_path: Path) -> Cuts:
    data = open_data("boston_housing", tmp_path, silent)
    return lambda seed: split(data, validation=0.2, subset=None, seed=seed)


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many trained side by side, a stack after the other."""
    sizes: list[int] = []

    def counted(members: list[object], **settings: object) -> object:
        sizes.append(len(members))
        return fit_together(members, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr("nia_optuna.search.trainings.fit_together", counted)
    return sizes


@pytest.fixture
def in_turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr("nia_optuna.search.trainings.most_together", lambda *_: 1)


def messages(
    order: Start, cuts: Cuts, stop: Callable[[Run], bool] = lambda _: False
) -> list[Message]:
    return list(carry_out(order, cuts, CPU, stop))


def diverging(cuts: Cuts, *bad: int) -> Cuts:
    """Return cuts of which some are normalised into nothing."""

    def cut(seed: int) -> Splits:
        splits = cuts(seed)
        return replace(splits, mean=(math.nan,) * len(splits.mean)) if seed in bad else splits

    return cut


def said(
    message: Message, near: Callable[[Any], object] = lambda values: values
) -> tuple[object, ...]:
    """Return what a message says but for the clock."""
    match message:
        case Trained(run=run, epoch=epoch):
            return run, epoch.number, epoch.last, near(epoch.train), near(epoch.validation)
        case Finished() | Failed():
            repeats = [
                (each.seed, each.best_epoch, each.stopped, near(each.values))
                for each in message.repeats
            ]
            return replace(message, repeats=()), repeats
    return (message,)


@pytest.mark.parametrize("bad", [(), (0,), (2,), (4, 3)], ids=["none", "first", "third", "two"])
def test_the_messages_are_those_of_one_seed_after_the_other(
    cuts: Cuts, stacks: list[int], in_turn: Callable[[], None], bad: tuple[int, ...]
) -> None:
    cuts = diverging(cuts, *bad)
    ours = messages(ORDER, cuts)
    assert stacks == [5]
    in_turn()
    theirs = messages(ORDER, cuts)
    assert stacks == [5]
    rounded = partial(pytest.approx, rel=1e-4)
    assert [said(message) for message in ours] == [said(message, rounded) for message in theirs]
    last = ours[-1]
    assert isinstance(last, Failed if bad else Finished)
    finished = min(bad, default=5) - 1
    assert [repeat.seed for repeat in last.repeats] == [71, 72, 73, 74][: max(finished, 0)]


def test_large_networks_train_in_stacks_of_nearly_the_same_size(
    cuts: Cuts, stacks: list[int]
) -> None:
    wide = replace(TRAINING, recipe=replace(RECIPE, model=MLP((800,))), epochs=1)
    many = tuple(Chance(k, k) for k in range(10))
    *told, last = messages(replace(ORDER, training=wide, repeats=many), cuts)
    assert stacks == [6, 5]
    assert len(told) == 1
    assert isinstance(last, Finished)
    assert [repeat.seed for repeat in last.repeats] == list(range(10))


def test_one_training_and_one_that_is_watched_are_not_stacked(
    cuts: Cuts, stacks: list[int], tmp_path: Path
) -> None:
    messages(replace(ORDER, repeats=()), cuts)
    watched = messages(replace(ORDER, repeats=ORDER.repeats[:1], tensorboard=tmp_path / "t"), cuts)
    assert isinstance(watched[-1], Finished)
    assert len(watched[-1].repeats) == 1
    assert stacks == []


def test_an_order_that_is_stopped_stops_them_all(cuts: Cuts) -> None:
    asked: list[Run] = []

    def stop(run: Run) -> bool:
        asked.append(run)
        return len(asked) > 4

    *told, last = messages(ORDER, cuts, stop)
    assert last == Stopped(ORDER.run)
    assert 0 < len(told) < TRAINING.epochs
    assert set(asked) == {ORDER.run}


def test_the_bill_is_the_wall_time_of_the_stack_wherever_it_is_stopped(cuts: Cuts) -> None:
    *told, last = messages(ORDER, cuts)
    assert isinstance(last, Finished)
    assert all(isinstance(m, Trained) and m.epoch.seconds > 0 for m in told)
    assert [repeat.seconds for repeat in last.repeats] == [0.0] * 4


def test_repeats_that_outlast_the_first_are_billed_for_it(cuts: Cuts) -> None:
    training = replace(TRAINING, epochs=30, patience=1)
    *told, last = messages(replace(ORDER, run=Run(3, 0), training=training), cuts)
    assert isinstance(last, Finished)
    for repeat in last.repeats:
        assert (repeat.seconds > 0) == (len(repeat.values) > len(told))
    assert {len(repeat.values) > len(told) for repeat in last.repeats} == {True, False}
