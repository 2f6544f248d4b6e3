"""A trial trained again as it was: what is the same, what is not, and why."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial
from torch import nn

from nia_optuna.architectures import MLP
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.identity import ChangedError
from nia_optuna.search.likeness import likeness
from nia_optuna.search.replay import ReplayError, replay
from nia_optuna.search.replayed import Replayed
from nia_optuna.search.run import Machine, Place, run
from nia_optuna.search.storage import open_storage
from nia_optuna.space import Space
from nia_optuna.study import Study
from nia_optuna.training.device import Device
from tests.search.small import CPU, INLINE, small
from tests.search.test_baselines import OUTSIDE, houses

optuna.logging.set_verbosity(optuna.logging.ERROR)


class Odd(optuna.pruners.BasePruner):
    """Gives every second trial up after its second epoch."""

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:  # noqa: ARG002
        return bool(trial.number % 2) and trial.last_step == 2


searched = replace(
    small,
    budget=replace(small.budget, trials=4, finalists=0),
    baselines={"by hand": OUTSIDE},
    pruner=Odd(),
)


def carried_out(place: Place, made: Study, machine: Machine = INLINE) -> optuna.Study:
    return run(made, place, machine, lambda _: None)


def again(place: Place, made: Study, number: int, device: Device = CPU) -> Replayed:
    return replay(made, place, device, number, lambda _: None)


def test_trials_of_every_kind_measure_the_same_and_nothing_is_written(place: Place) -> None:
    # A network of one's own goes alone, where every product is added alike.
    alone = Machine((replace(CPU, bf16=True),), inline=True)
    stored = carried_out(place, replace(searched, draw=_own), alone)
    before = place.runs.database.read_bytes()
    assert {t.state for t in stored.trials} == {TrialState.COMPLETE, TrialState.PRUNED}
    assert stored.trials[1].params == {}
    asked_less = replace(searched, draw=_own, seed=9, budget=replace(small.budget, epochs=1))
    for number, trial in enumerate(stored.trials):
        # The stored seed and epochs are taken, and the precision that its path tells of.
        found = again(place, asked_less, number)
        assert found.verdict == "identical", (number, found.causes)
        assert found.path == trial.user_attrs[TrialAttr.PATH]
        (curve,) = found.now.values()
        assert len(curve) == len(trial.user_attrs[TrialAttr.CURVE])
        assert found.value == (trial.value if trial.state == TrialState.COMPLETE else None)
        assert found.causes == ()
    assert place.runs.database.read_bytes() == before


@dataclass(frozen=True)
class Own:
    """A network that no stack takes, and that may break in its second epoch."""

    width: int

    def build(self, shape: tuple[int, ...], outputs: int) -> nn.Module:
        network = MLP((self.width,)).build(shape, outputs)
        steps = count()

        def step(*_: object) -> None:
            if os.environ.get("BREAK") == str(self.width) and next(steps) >= 8:
                raise RuntimeError("too many steps")

        network.register_forward_pre_hook(step)
        return network


def _own(space: Space) -> Recipe:
    """Which width?"""
    width = space.integer("width", 4, 32, default=8)
    return Recipe(Own(width), SGD(lr=space.log("lr", 1e-2, 1.0, default=0.1)), batch_size=32)


def test_one_from_a_stack_is_the_same_but_for_rounding_and_the_stack_is_named(
    place: Place,
) -> None:
    def rate(space: Space) -> Recipe:
        lr = space.log("lr", 1e-2, 1.0, default=0.1)
        return Recipe(MLP((8,)), SGD(lr=lr), batch_size=32)

    made = replace(searched, draw=rate, sampler="random", baselines={})
    stored = carried_out(place, made)
    number = next(
        t.number
        for t in stored.trials
        if t.state == TrialState.COMPLETE and "stack" in t.user_attrs[TrialAttr.PATH]
    )
    found = again(place, made, number)
    assert found.path == "cpu, float32: single"
    assert found.verdict == "rounding"
    assert "it was trained as stack of" in found.causes[0]


def test_all_repeats_are_trained_again_on_their_own_cuts(place: Place) -> None:
    made = replace(houses, resplit=True, budget=replace(houses.budget, trials=2, finalists=0))
    stored = carried_out(place, made)
    found = again(place, made, 1)
    trial = stored.trials[1]
    seeds = [trial.user_attrs[TrialAttr.SEED]]
    seeds += [each["seed"] for each in trial.user_attrs[TrialAttr.REPEATS]]
    assert list(found.now) == list(found.recorded) == seeds
    assert found.verdict in ("identical", "rounding")
    assert found.value == pytest.approx(trial.value, rel=1e-4)


def test_a_failed_one_fails_again_in_the_same_way_or_it_is_said(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = replace(searched, draw=_own, baselines={"broken": {"width": 11}}, pruner="none")
    monkeypatch.setenv("BREAK", "11")
    stored = carried_out(place, made)
    assert stored.trials[1].state == TrialState.FAIL
    found = again(place, made, 1)
    assert found.verdict == "identical"
    assert found.failure == found.recorded_failure
    assert "too many steps" in str(found.failure)
    monkeypatch.delenv("BREAK")
    healed = again(place, made, 1)
    assert (healed.verdict, healed.failure) == ("different", None)


def test_what_cannot_be_replayed_is_one_line(place: Place) -> None:
    stored = carried_out(place, replace(small, budget=replace(small.budget, trials=2, finalists=0)))
    storage = open_storage(None, place.runs.path, create=False)
    mine = optuna.load_study(study_name=small.name, storage=storage)
    mine.ask()
    mine.enqueue_trial({"width": 5})
    mine.add_trial(create_trial(state=TrialState.FAIL, user_attrs={TrialAttr.FAILURE: "no luck"}))
    assert len(stored.get_trials()) < len(mine.get_trials()) == 5
    for number, why in (
        (9, "has no trial 9: its trials are 0 to 4"),
        (2, "trial 2 of study 'small' is running"),
        (3, "trial 3 of study 'small' waits to be trained"),
        (4, "trial 4 of study 'small' was never begun: no luck"),
    ):
        with pytest.raises(ReplayError, match=why):
            again(place, small, number)
    with pytest.raises(ReplayError, match="there is no study 'other'"):
        again(place, replace(small, name="other"), 0)
    with pytest.raises(ChangedError, match="cannot be trained again: its metric was"):
        again(place, replace(small, metric="loss"), 0)


def test_another_machine_and_other_versions_are_named(place: Place) -> None:
    made = replace(small, budget=replace(small.budget, trials=2, finalists=0))
    stored = carried_out(place, made)
    mine = optuna.load_study(
        study_name=small.name, storage=open_storage(None, place.runs.path, create=False)
    )
    environment = stored.user_attrs[StudyAttr.ENVIRONMENT]
    mine.set_user_attr(StudyAttr.ENVIRONMENT, {**environment, "torch": "1.0", "cpu": "Z80"})
    other = mine.get_trials()[0]
    curve = [{**each, "train_loss": each["train_loss"] + 1} for each in _curve(other)]
    other.user_attrs[TrialAttr.CURVE] = curve
    other.user_attrs[TrialAttr.PATH] = "cuda:7, bfloat16 autocast: stack of 8"
    mine.add_trial(other)
    found = again(place, made, 2)
    assert found.verdict == "different"
    said = " ".join(found.causes)
    for words in ("on cuda:7, bfloat16 autocast, and now on cpu", "torch was 1.0", "cpu was Z80"):
        assert words in said


def _curve(trial: FrozenTrial) -> list[dict[str, float]]:
    curve: list[dict[str, float]] = trial.user_attrs[TrialAttr.CURVE]
    return curve


def epochs(*losses: float, accuracy: float = 0.5) -> list[Mapping[str, float | None]]:
    return [
        {"number": k, "validation_loss": loss, "validation_accuracy": accuracy, "seconds": k}
        for k, loss in enumerate(losses, start=1)
    ]


@pytest.mark.parametrize(
    ("now", "verdict", "apart"),
    [
        (epochs(2.0, 1.0), "identical", None),
        (epochs(2.0, 1.00005), "rounding", None),
        (epochs(2.0, 1.0, accuracy=0.51), "rounding", None),  # one example of 100
        (epochs(2.0, 1.0, accuracy=0.52), "different", ("validation_accuracy", 1)),
        (epochs(2.0, 1.001), "different", ("validation_loss", 2)),
        (epochs(2.0, float("nan")), "different", ("validation_loss", 2)),
        (epochs(2.0), "different", None),
    ],
)
def test_the_verdict_is_of_the_largest_difference_and_the_length(
    now: list[Mapping[str, float | None]], verdict: str, apart: tuple[str, int] | None
) -> None:
    found = likeness({5: epochs(2.0, 1.0)}, {5: now}, {"train": 100, "validation": 100})
    assert found.verdict == verdict
    first = found.first_apart
    assert (first and (first.measure, first.epoch)) == apart
