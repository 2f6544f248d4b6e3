"""Every seed sets aside validation examples of its own, the same ones for all configurations."""

from dataclasses import replace
from typing import Any

import optuna
import pytest

from nia_optuna.data import open_data, split
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.contest import fresh_seeds, key, to_keep
from nia_optuna.search.identity import ChangedError
from nia_optuna.search.protocol import Run as SearchRun
from nia_optuna.search.run import Place
from nia_optuna.search.sampler import derived_seed
from nia_optuna.study import Study
from nia_optuna.training.fit import Fitted, fit
from nia_optuna.training.training import Training
from tests.search.small import CPU, TWO_PROCESSES, Run
from tests.search.test_baselines import houses

apart = replace(houses, resplit=True)


def by_hand(made: Study, place: Place, params: dict[str, Any], seed: int, cut: int) -> float:
    """Return the value of one training on one cut, without a search around it."""
    splits = split(
        open_data(made.dataset, place.data_dir, lambda *_: None),
        validation=made.validation,
        subset=made.subset,
        seed=cut,
    )
    recipe = made.recipe(params)
    training = Training(recipe, made.epochs(recipe), loss=made.loss, metric=made.metric)
    epochs = fit(training, splits, seed=seed, device=CPU)
    while True:
        try:
            next(epochs)
        except StopIteration as end:
            fitted: Fitted = end.value
            return fitted.best.metric(made.metric)


def values(stored: optuna.Study, number: int) -> list[float]:
    """Return the value of each of a trial's trainings."""
    trial = stored.trials[number]
    others = [each["value"] for each in trial.user_attrs[TrialAttr.REPEATS]]
    return [trial.values[0] * (len(others) + 1) - sum(others), *others]


def test_a_trials_trainings_have_a_cut_each_which_all_trials_share(
    run_study: Run, place: Place
) -> None:
    stored = run_study(apart)
    cuts = [derived_seed(0, "cut", k) for k in range(3)]
    for number in (0, 3):
        trial = stored.trials[number]
        seeds = [trial.user_attrs[TrialAttr.SEED]]
        seeds += [each["seed"] for each in trial.user_attrs[TrialAttr.REPEATS]]
        trained = [
            by_hand(apart, place, trial.params, seed, cut)
            for seed, cut in zip(seeds, cuts, strict=True)
        ]
        # Side by side they round differently than alone.
        assert values(stored, number) == pytest.approx(trained, rel=1e-5)


def test_without_it_all_trainings_have_one_cut(run_study: Run, place: Place) -> None:
    stored = run_study(houses)
    trial = stored.trials[0]
    again = [
        by_hand(houses, place, trial.params, each["seed"], houses.seed)
        for each in trial.user_attrs[TrialAttr.REPEATS]
    ]
    assert values(stored, 0)[1:] == pytest.approx(again, rel=1e-5)


def test_a_confirmations_seed_cuts_too(run_study: Run, place: Place) -> None:
    stored = run_study(apart, machine=TWO_PROCESSES)
    records = stored.user_attrs[StudyAttr.CONFIRMATION]
    for seed in fresh_seeds(0, 2):
        trained = by_hand(apart, place, stored.trials[0].params, seed, seed)
        assert records[f"0/{seed}"]["validation"] == pytest.approx(trained)


def test_the_median_training_is_kept_where_each_was_validated_on_examples_of_its_own() -> None:
    runs = [SearchRun(4, seed) for seed in range(5)]
    worth = (3.0, 9.0, 1.0, 7.0, 5.0)
    records = {key(run): {"validation": worth[run.seed]} for run in runs}
    assert to_keep(records, runs, houses).seed == 2
    assert to_keep(records, runs, apart).seed == 4
    assert to_keep(records, runs[:2], apart).seed == 1


def test_a_study_cannot_begin_with_one_cut_and_go_on_with_many(run_study: Run) -> None:
    run_study(houses)
    with pytest.raises(ChangedError, match="its resplit was False and is now True"):
        run_study(apart, trials=5)
