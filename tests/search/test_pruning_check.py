"""Pruned trials that are trained to their end when asked, with real trainings on small digits."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial
from torch import nn

from nia_optuna.architectures import MLP
from nia_optuna.budget import Budget
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.interrupt import Interrupted
from nia_optuna.search.pruning_check import sample
from nia_optuna.search.run import Machine, Place, run
from nia_optuna.search.sampler import derived_seed
from nia_optuna.search.watch import Advanced, Ended, Event, Opened, Said
from nia_optuna.space import Space
from nia_optuna.study import Study, study
from tests.search.small import INLINE, TWO_PROCESSES
from tests.search.test_baselines import houses
from tests.search.test_resplit import by_hand


class Everything(optuna.pruners.BasePruner):
    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:  # noqa: ARG002
        return True


@study(
    dataset="digits",
    budget=Budget(trials=4, epochs=3, finalists=0),
    sampler="random",
    pruner=Everything(),
)
def digits(space: Space) -> Recipe:
    """Which width reads small digits?"""
    width = space.integer("width", 8, 32, default=16)
    return Recipe(MLP((width,)), SGD(lr=0.1), batch_size=128)


def carried_out(
    place: Place,
    finish: int,
    made: Study = digits,
    machine: Machine = INLINE,
    watch: Callable[[Event], None] = lambda _: None,
) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return run(made, place, machine, watch, finish_pruned=finish)


def validations(curve: list[dict[str, float]]) -> list[float]:
    return [epoch["validation_loss"] for epoch in curve]


@pytest.mark.parametrize("machine", [INLINE, TWO_PROCESSES], ids=["inline", "processes"])
def test_a_finished_one_begins_as_the_pruned_one_did_and_goes_to_the_end(
    place: Place, machine: Machine
) -> None:
    stored = carried_out(place, 3, machine=machine)
    assert [t.state for t in stored.trials] == [TrialState.COMPLETE] + [TrialState.PRUNED] * 3
    records = stored.user_attrs[StudyAttr.FINISHED].values()
    assert sorted(record["trial"] for record in records) == [1, 2, 3]
    for record in records:
        pruned = stored.trials[record["trial"]].user_attrs
        assert record["seed"] == pruned[TrialAttr.SEED]
        assert len(record["curve"]) == 3
        # Not to the last bit: they may be one stack now, whose products round otherwise.
        again = validations(record["curve"])[:1]
        assert again == pytest.approx(validations(pruned[TrialAttr.CURVE]), rel=1e-5)
        reached = [epoch["validation_accuracy"] for epoch in record["curve"]]
        assert record["validation"] == max(reached) == reached[record["best_epoch"] - 1]


def test_neither_the_how_manynor_the_test_part_nor_the_choice_learn_of_it(place: Place) -> None:
    made = replace(digits, budget=replace(digits.budget, finalists=1, seeds=2))
    before = carried_out(place, 0, made)
    trials, attrs = before.get_trials(), before.user_attrs
    heard: list[Event] = []
    after = carried_out(place, 2, made, watch=heard.append)
    assert [e.stage for e in heard if isinstance(e, Opened)] == ["pruning check"]
    assert after.get_trials() == trials
    for kept in (StudyAttr.CONFIRMATION, StudyAttr.CHOSEN):
        assert after.user_attrs[kept] == attrs[kept]
    for record in after.user_attrs[StudyAttr.FINISHED].values():
        assert not [name for name in record if name.startswith("test")]
    assert [s["stage"] for s in after.user_attrs[StudyAttr.SESSIONS]] == [
        "search",
        "confirmation",
        "pruning check",
    ]


def test_interrupted_it_goes_on_and_asks_for_no_more_in_all(place: Place) -> None:
    heard: list[Event] = []

    def interrupt(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Ended) and isinstance(heard[-2], Advanced):
            stages = [e.stage for e in heard if isinstance(e, Opened)]
            if stages[-1] == "pruning check":
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        carried_out(place, 2, watch=interrupt)
    again: list[Event] = []
    stored = carried_out(place, 2, watch=again.append)
    assert [(e.done, e.total) for e in again if isinstance(e, Opened)] == [(1, 2)]
    assert len(stored.user_attrs[StudyAttr.FINISHED]) == 2

    before = place.runs.database.read_bytes()
    carried_out(place, 2, watch=again.append)
    carried_out(place, 1, watch=again.append)
    assert place.runs.database.read_bytes() == before


def test_more_than_were_pruned_are_all_of_them_and_it_is_said(place: Place) -> None:
    heard: list[Event] = []
    stored = carried_out(place, 9, watch=heard.append)
    assert len(stored.user_attrs[StudyAttr.FINISHED]) == 3
    said = [e.text for e in heard if isinstance(e, Said)]
    assert said == ["9 pruned trials are asked for, and there are 3: all will be finished"]
    carried_out(place, 9, watch=heard.append)
    said = [e.text for e in heard if isinstance(e, Said)]
    assert said[1] == "9 pruned trials are asked for, and there are 3: all are finished"


def test_where_nothing_was_pruned_one_line_says_so(place: Place) -> None:
    for _ in range(2):
        heard: list[Event] = []
        stored = carried_out(place, 2, replace(digits, pruner="none"), watch=heard.append)
        assert StudyAttr.FINISHED not in stored.user_attrs
        said = [e.text for e in heard if isinstance(e, Said)]
        assert "nothing was pruned, so there is nothing to finish" in said
        assert not [e for e in heard if isinstance(e, Opened) and e.stage == "pruning check"]


def test_it_has_the_cuts_of_the_trial_and_its_value_is_the_mean_over_the_repeats(
    place: Place,
) -> None:
    made = replace(houses, resplit=True, pruner=Everything())
    stored = carried_out(place, 1, made)
    (record,) = stored.user_attrs[StudyAttr.FINISHED].values()
    number = record["trial"]
    seeds = [record["seed"], *(each["seed"] for each in record["repeats"])]
    assert len(seeds) == made.repeats > 1
    assert seeds[1:] == [derived_seed(0, number, "repeat", k) for k in range(1, made.repeats)]
    params = stored.trials[number].params
    ends = [
        by_hand(made, place, params, seed, derived_seed(0, "cut", k))
        for k, seed in enumerate(seeds)
    ]
    assert record["validation"] == pytest.approx(sum(ends) / len(ends), rel=1e-5)


@dataclass(frozen=True)
class Brittle:
    """A network that may break in its second epoch."""

    width: int

    def build(self, shape: tuple[int, ...], outputs: int) -> nn.Module:
        network = MLP((self.width,)).build(shape, outputs)
        steps = count()

        def step(*_: object) -> None:
            if "BREAK" in os.environ and next(steps) >= 20:
                raise RuntimeError("too many steps")

        network.register_forward_pre_hook(step)
        return network


def test_one_that_fails_on_its_way_is_recorded_with_its_reason_and_not_tried_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(space: Space) -> Recipe:
        width = space.integer("width", 8, 32, default=16)
        return Recipe(Brittle(width), SGD(lr=0.1), batch_size=128)

    made = replace(digits, draw=draw)
    carried_out(place, 0, made)
    monkeypatch.setenv("BREAK", "yes")
    heard: list[Event] = []
    for _ in range(2):
        stored = carried_out(place, 1, made, watch=heard.append)
    ((state, reason),) = [(e.state, e.reason) for e in heard if isinstance(e, Ended)]
    assert state == "failed"
    (record,) = stored.user_attrs[StudyAttr.FINISHED].values()
    assert record["failure"] == reason
    assert "RuntimeError: too many steps" in reason
    assert (record["validation"], len(record["curve"])) == (None, 1)


def pruned(how_many: int) -> list[FrozenTrial]:
    trials = [create_trial(state=TrialState.PRUNED) for _ in range(how_many)]
    for number, trial in enumerate(trials):
        trial.number = number
    return trials


def test_a_larger_sample_holds_the_smaller_and_every_trial_is_as_likely() -> None:
    trials = pruned(10)
    small, large = sample(trials, 3, seed=5), sample(trials, 6, seed=5)
    assert large[:3] == small
    drawn = Counter(t.number for seed in range(2000) for t in sample(trials, 3, seed))
    # 600 each; four standard deviations are 82.
    assert all(abs(drawn[number] - 600) < 82 for number in range(10))


def test_what_was_finished_before_counts_when_more_how_manywere_pruned_since() -> None:
    first = {t.number for t in sample(pruned(6), 2, seed=1)}
    later = sample(pruned(30), 3, seed=1, finished=first)
    assert {t.number for t in later[:2]} == first
    assert len(later) == 3
