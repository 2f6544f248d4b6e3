"""Baselines outside the space, confirmed like the others; repeats; what scoring leaves behind."""

from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
from optuna.artifacts import FileSystemArtifactStore
from optuna.trial import TrialState

from nia_optuna.architectures import MLP
from nia_optuna.budget import Budget
from nia_optuna.data import open_data
from nia_optuna.decay import Exponential
from nia_optuna.optimizer import SGD, Adam
from nia_optuna.predictions import from_bytes
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.identity import ChangedError
from nia_optuna.search.run import Place
from nia_optuna.search.watch import Event, Said
from nia_optuna.space import Space
from nia_optuna.study import study
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.stacked.fit import Diverged, Member
from nia_optuna.training.stacked.stack import Stack
from tests.search.small import Run, small

OUTSIDE = Recipe(MLP(widths=(5, 5), activation="tanh"), Adam(lr=0.01), batch_size=16, epochs=2)
both = replace(small, baselines={"wide": {"width": 32}, "by hand": OUTSIDE})


@study(
    dataset="boston_housing",
    budget=Budget(trials=4, epochs=6, finalists=1, seeds=2),
    baselines={"slow": {"lr": 1e-3}},
    validation=0.2,
    repeats=3,
    pruner="none",
)
def houses(space: Space) -> Recipe:
    """Which rate prices houses best?"""
    return Recipe(
        MLP((8,)),
        Adam(lr=space.log("lr", 1e-3, 0.1, default=0.02)),
        decay=Exponential(0.1, 3),
        batch_size=32,
        epochs=3,
    )


def test_a_baseline_outside_the_space_is_trained_as_it_is(run_study: Run) -> None:
    stored = run_study(both, trials=14)
    trial = stored.trials[2]
    assert trial.user_attrs[TrialAttr.BASELINE] == "by hand"
    assert trial.params == {}
    assert trial.user_attrs[TrialAttr.RECIPE] == repr(OUTSIDE)
    assert len(trial.user_attrs[TrialAttr.CURVE]) == 2
    assert trial.user_attrs[TrialAttr.PARAMETERS] == 36 * 5 + 5 + 5 * 5 + 5 + 5 * 3 + 3
    # The sampler's model of the space was asked ten times beside it, and is none the worse.
    assert all(t.params for t in stored.trials if t.number != 2)


def test_all_baselines_are_confirmed_and_scored(run_study: Run) -> None:
    stored = run_study(both)
    chosen = stored.user_attrs[StudyAttr.CHOSEN]
    assert chosen["baselines"] == [0, 1, 2]
    assert not set(chosen["finalists"]) & {0, 1, 2}
    records = stored.user_attrs[StudyAttr.CONFIRMATION].values()
    assert all("test" in r for r in records if r["trial"] in (0, 1, 2))


def test_a_changed_recipe_of_a_baseline_is_another_question(run_study: Run) -> None:
    run_study(both)
    other = replace(OUTSIDE, batch_size=8)
    with pytest.raises(ChangedError, match="its baseline 'by hand' was"):
        run_study(replace(both, baselines={**both.baselines, "by hand": other}), trials=7)


def test_scoring_leaves_every_answer_and_the_mistaken_pictures(
    run_study: Run, place: Place
) -> None:
    stored = run_study()
    store = FileSystemArtifactStore(place.runs.artifacts)
    test = open_data(small.dataset, place.data_dir).test
    for record in stored.user_attrs[StudyAttr.CONFIRMATION].values():
        if "test" not in record:
            continue
        with store.open_reader(record["predictions"]) as file:
            answers = from_bytes(file.read())
        right = answers.outputs.argmax(1) == test.targets
        assert record["test"] == pytest.approx(right.mean())
        assert np.trace(record["confusion"]) == right.sum()
        assert record["losses"]["0-1"] == pytest.approx(1 - right.mean())
        assert not right[answers.shown].any()
        assert np.array_equal(answers.pictures, test.inputs[answers.shown])


def test_a_value_is_the_mean_over_repeats_with_seeds_of_their_own(run_study: Run) -> None:
    stored = run_study(houses)
    seeds: set[int] = set()
    for trial in stored.trials:
        curve, best = trial.user_attrs[TrialAttr.CURVE], trial.user_attrs[TrialAttr.BEST_EPOCH]
        repeats = trial.user_attrs[TrialAttr.REPEATS]
        first = curve[best - 1]["validation_mse"]
        assert trial.value == pytest.approx(fmean([first, *(r["value"] for r in repeats)]))
        assert [len(r["values"]) for r in repeats] == [3, 3]
        assert all(r["value"] == min(r["values"]) for r in repeats)
        seeds |= {trial.user_attrs[TrialAttr.SEED], *(r["seed"] for r in repeats)}
    assert len(seeds) == 3 * len(stored.trials)


def test_numbers_are_a_task_of_their_own_from_end_to_end(run_study: Run) -> None:
    stored = run_study(houses)
    attrs = stored.user_attrs
    assert (attrs[StudyAttr.TASK], attrs[StudyAttr.LOSS], attrs[StudyAttr.METRIC]) == (
        "regression",
        "squared",
        "mse",
    )
    assert stored.direction.name == "MINIMIZE"
    scored = [r for r in attrs[StudyAttr.CONFIRMATION].values() if "test" in r]
    assert {r["trial"] for r in scored} >= {0, 1}
    for record in scored:
        assert record["test"] == record["test_mse"] == record["test_loss"]
        assert record["confusion"] == []
    assert all(len(t.user_attrs[TrialAttr.CURVE]) == 3 for t in stored.trials)


def test_a_study_of_hinge_losses_says_so(run_study: Run) -> None:
    stored = run_study(replace(small, loss="hinge"))
    assert stored.user_attrs[StudyAttr.LOSS] == "hinge"
    first = stored.trials[0].user_attrs[TrialAttr.CURVE][0]
    assert first["blank_loss"] == pytest.approx(1.0)
    with pytest.raises(ChangedError, match="its loss was 'hinge' and is now 'squared'"):
        run_study(replace(small, loss="squared"), trials=6)


def test_baselines_are_confirmed_even_where_the_search_found_nothing(run_study: Run) -> None:
    wide = Recipe(MLP(widths=(64,)), SGD(lr=0.5), batch_size=8)
    stored = run_study(replace(small, baselines={"wide": wide}), trials=2, epochs=2)
    chosen = stored.user_attrs[StudyAttr.CHOSEN]
    assert (chosen["finalists"], chosen["baselines"]) == ([], [0, 1])
    assert chosen["trial"] in (0, 1)


def test_no_finalists_mean_no_confirmation(run_study: Run) -> None:
    assert StudyAttr.CONFIRMATION not in run_study(finalists=0).user_attrs


def test_who_was_confirmed_once_stays_a_finalist(run_study: Run) -> None:
    first = run_study(finalists=1).user_attrs[StudyAttr.CHOSEN]
    later = run_study(finalists=1, trials=12).user_attrs[StudyAttr.CHOSEN]
    assert set(first["finalists"]) <= set(later["finalists"])
    assert len(later["finalists"]) <= 2


def test_a_baseline_that_comes_late_waits_for_a_larger_total(
    run_study: Run, events: list[Event]
) -> None:
    run_study()
    more = replace(small, baselines={**small.baselines, "narrow": {"width": 4}})
    events.clear()
    stored = run_study(more)
    said = [e.text for e in events if isinstance(e, Said)]
    assert said[-1] == "baseline 'narrow' is new: it is trained with --trials 6"
    assert len(stored.trials) == 5
    stored = run_study(more, trials=6)
    assert stored.trials[5].user_attrs[TrialAttr.BASELINE] == "narrow"
    assert 5 in stored.user_attrs[StudyAttr.CHOSEN]["baselines"]


def test_a_baseline_outside_the_space_cannot_be_taken_away(run_study: Run) -> None:
    run_study(both)
    with pytest.raises(ChangedError, match="its baseline 'by hand' is gone"):
        run_study(small, trials=9)


def test_a_long_baseline_does_not_move_the_rungs(run_study: Run) -> None:
    long = replace(OUTSIDE, epochs=40)

    def short(space: Space) -> Recipe:
        return replace(small.draw(space), epochs=10)

    stored = run_study(
        replace(small, draw=short, baselines={"by hand": long}), trials=12, epochs=40
    )
    pruned = [t for t in stored.trials if t.state == TrialState.PRUNED]
    assert {max(t.intermediate_values) for t in pruned} == {3}
    assert len(stored.trials[1].user_attrs[TrialAttr.CURVE]) == 40


def test_a_trial_that_fails_on_a_repeat_fails_and_keeps_its_bill(
    run_study: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks: list[Stack] = []
    seeds: list[int] = []

    class ThirdUnlucky(Stack):
        def __post_init__(self) -> None:
            super().__post_init__()
            stacks.append(self)

        def join(self, member: Member) -> int:
            seeds.append(member.seed)
            return super().join(member)

        def epoch(self) -> dict[int, Epoch | Diverged]:
            told = super().epoch()
            if self is stacks[0] and 2 in told:
                told[2] = self.ends[2] = Diverged("train loss was nan in epoch 1")
                self.leave(2)
            return told

    monkeypatch.setattr("nia_optuna.search.trainings.Stack", ThirdUnlucky)
    stored = run_study(houses, trials=1, finalists=0)
    failed, again = stored.trials[:2]
    assert failed.state == TrialState.FAIL
    assert failed.user_attrs[TrialAttr.FAILURE].startswith("diverged")
    assert [r["seed"] for r in failed.user_attrs[TrialAttr.REPEATS]] == [seeds[1]]
    assert again.state == TrialState.COMPLETE


def test_what_authors_reported_may_be_told_afterwards(run_study: Run) -> None:
    run_study()
    stored = run_study(replace(small, reported={"wide": 0.9}))
    assert stored.user_attrs[StudyAttr.SETTINGS]["reported"] == {"wide": 0.9}
    assert stored.user_attrs[StudyAttr.SETTINGS]["trials"] == 5
