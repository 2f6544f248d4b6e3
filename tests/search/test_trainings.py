"""A configuration's seeds train side by side, and the coordinator is told what it always was."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
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
    Crowded,
    Failed,
    Finished,
    Message,
    Run,
    Start,
    Stopped,
    Train,
    Trained,
)
from nia_optuna.search.trainer import Cuts, carry_out
from nia_optuna.training.course import Course
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.loop import Diverged
from nia_optuna.training.stacked.stack import Stack
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
    """How many trained side by side, an epoch after the other."""
    sizes: list[int] = []

    class Counted(Stack):
        def epoch(self) -> dict[int, Epoch | Diverged]:
            sizes.append(len(self))
            return super().epoch()

    monkeypatch.setattr("nia_optuna.search.trainings.Stack", Counted)
    return sizes


@pytest.fixture
def in_turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr("nia_optuna.search.trainings.most_together", lambda *_: 1)


@dataclass
class Inbox:
    """Stops what `stop` says, and lets others join after so many looks."""

    stop: Callable[[Run], bool] = lambda _: False
    later: dict[int, list[Start]] = field(default_factory=dict)
    looks: int = 0

    def stopped(self, run: Run) -> bool:
        return self.stop(run)

    def joining(self) -> list[Start]:
        self.looks += 1
        return self.later.pop(self.looks, [])

    def wait(self, told: Sequence[Trained], seconds: float) -> None:
        pass


def messages(
    order: Start, cuts: Cuts, stop: Callable[[Run], bool] = lambda _: False
) -> list[Message]:
    return list(carry_out(Train((order,)), cuts, CPU, Inbox(stop)))


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
    assert stacks[0] == 5
    in_turn()
    stacks.clear()
    theirs = messages(ORDER, cuts)
    assert stacks == []
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


def several(count: int) -> list[Start]:
    """Return orders with learning rates of their own."""
    recipes = [replace(RECIPE, optimizer=Adam(0.01 * (k + 1))) for k in range(count)]
    return [
        Start(Run(k, 100 + k), cut=0, training=replace(TRAINING, recipe=recipe))
        for k, recipe in enumerate(recipes)
    ]


def by_run(told: Sequence[Message]) -> dict[int, list[Message]]:
    return {k: [m for m in told if m.run.trial == k] for k in {m.run.trial for m in told}}


def assert_as_alone(told: Sequence[Message], order: Start, cuts: Cuts) -> None:
    rounded = partial(pytest.approx, rel=1e-4)
    alone = messages(order, cuts)
    assert [said(message) for message in told] == [said(m, rounded) for m in alone]


def test_orders_that_are_alike_train_side_by_side_and_end_as_they_would_alone(
    cuts: Cuts, stacks: list[int]
) -> None:
    orders = several(3)
    told = by_run(list(carry_out(Train(tuple(orders)), cuts, CPU, Inbox())))
    assert stacks == [3] * TRAINING.epochs
    for order in orders:
        assert_as_alone(told[order.run.trial], order, cuts)


def test_who_is_stopped_leaves_and_the_others_go_on(cuts: Cuts, stacks: list[int]) -> None:
    orders = several(3)
    inbox = Inbox()
    inbox.stop = lambda run: run.trial == 1 and inbox.looks >= 1
    told = by_run(list(carry_out(Train(tuple(orders)), cuts, CPU, inbox)))
    assert stacks == [3, 3, 2, 2]
    *epochs, last = told[1]
    assert (len(epochs), last) == (1, Stopped(orders[1].run))
    assert_as_alone(told[0], orders[0], cuts)
    assert_as_alone(told[2], orders[2], cuts)


def test_who_is_given_up_for_an_epoch_trains_no_other_and_who_joins_takes_the_place(
    cuts: Cuts, stacks: list[int]
) -> None:
    first, second, third, late = several(4)
    given_up: set[Run] = set()

    class Judging(Inbox):
        def wait(self, told: Sequence[Trained], seconds: float) -> None:
            assert seconds > 0
            if [message.epoch.number for message in told] == [1, 1, 1]:
                given_up.add(second.run)
                self.later[self.looks + 1] = [late]

    inbox = Judging(given_up.__contains__)
    order = Train((first, second, third), open=True)
    told = by_run(list(carry_out(order, cuts, CPU, inbox)))
    assert stacks == [3] * 4 + [1]
    assert [type(message) for message in told[1]] == [Trained, Stopped]
    for other in (first, third, late):
        assert_as_alone(told[other.run.trial], other, cuts)


@pytest.mark.parametrize("count", [1, 2])
def test_who_is_stopped_with_its_last_epoch_is_stopped(
    cuts: Cuts, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    ended: list[bool] = []
    take = Course.take

    def noted(self: Course, *words: Any) -> object:  # noqa: ANN401  # as Course has them
        end = take(self, *words)
        ended.append(end is not None)
        return end

    monkeypatch.setattr(Course, "take", noted)
    orders = several(count)
    inbox = Inbox(lambda run: run.trial == 0 and any(ended))
    told = by_run(list(carry_out(Train(tuple(orders)), cuts, CPU, inbox)))
    assert told[0][-1] == Stopped(orders[0].run)
    assert all(isinstance(told[k][-1], Finished) for k in range(1, count))


def test_who_joins_begins_then_and_ends_as_it_would_alone(cuts: Cuts, stacks: list[int]) -> None:
    first, second, late, after = several(4)
    inbox = Inbox(later={2: [late], 6: [after]})
    told = by_run(list(carry_out(Train((first, second)), cuts, CPU, inbox)))
    assert stacks == [2, 2, 3, 3, 1, 1, 1, 1, 1, 1]
    for order in (first, second, late, after):
        assert_as_alone(told[order.run.trial], order, cuts)


def test_one_that_others_may_join_is_a_stack_from_its_beginning(
    cuts: Cuts, stacks: list[int]
) -> None:
    first, late = several(2)
    told = by_run(list(carry_out(Train((first,), open=True), cuts, CPU, Inbox(later={1: [late]}))))
    assert stacks == [1, 2, 2, 2, 1]
    assert_as_alone(told[0], first, cuts)
    assert_as_alone(told[1], late, cuts)


def test_what_cannot_be_one_stack_trains_one_after_the_other(cuts: Cuts, stacks: list[int]) -> None:
    first, second, third = several(3)
    wide = replace(second.training.recipe, model=MLP((9,)))
    second = replace(second, training=replace(second.training, recipe=wide))
    told = by_run(list(carry_out(Train((first, second, third)), cuts, CPU, Inbox())))
    assert stacks == [3]
    for order in (first, second, third):
        assert_as_alone(told[order.run.trial], order, cuts)


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")],
    ids=lambda error: type(error).__name__,
)
def test_where_memory_runs_out_half_as_many_train_side_by_side_and_nothing_is_told_twice(
    cuts: Cuts, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    sizes: list[int] = []

    class Cramped(Stack):
        def epoch(self) -> dict[int, Epoch | Diverged]:
            sizes.append(len(self))
            if len(self) > 2 and len(sizes) > 1:
                raise error
            return super().epoch()

    monkeypatch.setattr("nia_optuna.search.trainings.Stack", Cramped)
    orders = several(5)
    told = by_run(list(carry_out(Train(tuple(orders)), cuts, CPU, Inbox())))
    assert sizes == [5, 5, *[2] * 4, *[2] * 4, *[1] * 4]
    for order in orders:
        assert_as_alone(told[order.run.trial], order, cuts)


def test_where_memory_runs_out_for_one_alone_it_says_so(
    cuts: Cuts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cramped(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Stack, "epoch", cramped)
    monkeypatch.setattr("nia_optuna.training.single.Single.epoch", cramped)
    told = list(carry_out(Train(tuple(several(3))), cuts, CPU, Inbox()))
    assert [type(message) for message in told] == [Crowded] * 3
    assert [message.run.trial for message in told] == [0, 1, 2]


def test_weights_that_cannot_be_kept_fail_their_own_order(cuts: Cuts, tmp_path: Path) -> None:
    first, second = several(2)
    gone = replace(second, checkpoint=tmp_path / "no such folder" / "weights.safetensors")
    kept = replace(first, checkpoint=tmp_path / "weights.safetensors")
    told = by_run(list(carry_out(Train((kept, gone)), cuts, CPU, Inbox())))
    assert isinstance(told[0][-1], Finished)
    assert isinstance(told[1][-1], Failed)
    assert kept.checkpoint is not None
    assert kept.checkpoint.is_file()


def measured_by(message: Message) -> Epoch:
    assert isinstance(message, Trained)
    return replace(message.epoch, seconds=0.0)


def test_repeats_that_were_interrupted_go_on_from_where_they_stood(
    cuts: Cuts, stacks: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nia_optuna.training.standing.WORTH_KEEPING", 0.0)
    monkeypatch.setattr("nia_optuna.training.standing.SHARE", math.inf)
    order = replace(ORDER, standings=tmp_path)
    whole = list(carry_out(Train((ORDER,)), cuts, CPU, Inbox()))

    begun = carry_out(Train((order,)), cuts, CPU, Inbox())
    first = [measured_by(next(begun)), measured_by(next(begun))]
    assert len(list(tmp_path.glob("*.safetensors"))) == 5

    stacks.clear()
    again = list(carry_out(Train((order,)), cuts, CPU, Inbox()))
    assert not stacks
    assert [measured_by(message) for message in again[:2]] == first
    assert [type(message) for message in again] == [type(message) for message in whole]
    assert isinstance(again[-1], Finished)
    assert isinstance(whole[-1], Finished)
    for mine, theirs in zip(again[-1].repeats, whole[-1].repeats, strict=True):
        assert mine.values == pytest.approx(theirs.values, rel=1e-4)

    # What they left is for the coordinator to drop, which alone knows that this was the end.
    order.forget()
    assert not list(tmp_path.glob("*.safetensors"))
