"""A study's trials train side by side where they can, and it is said how each was trained."""

from dataclasses import replace
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from nia_optuna.architectures import MLP
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.executor import Inline
from nia_optuna.search.protocol import Judged, Order, Train
from nia_optuna.space import Space
from tests.search.small import TWO_PROCESSES, Run, small

SINGLE = "cpu, float32: single"


def one_structure(space: Space) -> Recipe:
    """Which learning rate?"""
    return Recipe(MLP((8,)), SGD(lr=space.log("lr", 1e-2, 1.0, default=0.1)), batch_size=32)


RATES = replace(small, draw=one_structure, baselines={})


def paths(stored: optuna.Study) -> list[str]:
    return [t.user_attrs[TrialAttr.PATH] for t in stored.trials if t.state.is_finished()]


def confirmed(stored: optuna.Study) -> list[dict[str, Any]]:
    return list(stored.user_attrs[StudyAttr.CONFIRMATION].values())


def test_trials_that_are_alike_train_side_by_side(run_study: Run) -> None:
    study = replace(RATES, sampler="random")
    stored = run_study(study, TWO_PROCESSES, trials=9, finalists=0, epochs=9)
    assert [t.state.is_finished() for t in stored.trials] == [True] * 9
    assert sum("stack of" in path for path in paths(stored)) > 4
    assert len({t.user_attrs[TrialAttr.SEED] for t in stored.trials}) == 9


def test_every_epoch_is_answered_behind_those_that_join(
    run_study: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[Order] = []
    send = Inline.send

    def noted(self: Inline, order: Order) -> None:
        orders.append(order)
        send(self, order)

    monkeypatch.setattr(Inline, "send", noted)
    study = replace(RATES, sampler="random", pruner="halving")
    stored = run_study(study, trials=8, epochs=12, finalists=0)
    for trial in stored.trials:
        judged = [o.epoch for o in orders if isinstance(o, Judged) and o.run.trial == trial.number]
        assert judged == list(range(1, len(trial.intermediate_values) + 1))
    joins = [k for k, o in enumerate(orders) if isinstance(o, Train) and o.beside is not None]
    assert any(isinstance(orders[k + 1], Judged) for k in joins)


def test_trials_of_other_widths_do_not(run_study: Run) -> None:
    stored = run_study(trials=5, finalists=0)
    assert set(paths(stored)) == {SINGLE}


def test_the_seeds_of_a_confirmation_train_side_by_side(run_study: Run) -> None:
    stored = run_study(trials=3, finalists=1, seeds=3)
    assert {record["path"] for record in confirmed(stored)} == {"cpu, float32: stack of 3"}
    assert all("curve" in record for record in confirmed(stored))


def test_a_model_of_the_space_is_asked_for_a_quarter_of_the_trials_ahead(run_study: Run) -> None:
    stored = run_study(RATES, trials=20, epochs=1, finalists=0)
    trials = [t for t in stored.trials if t.state == TrialState.COMPLETE]
    assert len(trials) == 20
    sizes = [int(path.rsplit(" ", 1)[1]) for path in paths(stored)[15:] if "stack" in path]
    assert sizes
    assert max(sizes) <= 1 + 5 + 1


def test_pruned_ones_leave_and_the_rest_of_the_stack_goes_on(run_study: Run) -> None:
    study = replace(RATES, sampler="random", pruner="halving")
    stored = run_study(study, trials=8, epochs=12, finalists=0)
    pruned = [t for t in stored.trials if t.state == TrialState.PRUNED]
    assert pruned
    assert len(pruned) < 8
    whole = [p for t, p in zip(stored.trials, paths(stored), strict=True) if t not in pruned]
    assert any(", then stack of" in path for path in whole)
