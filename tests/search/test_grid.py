"""A grid: every cell exactly once, whatever fails, stops or runs side by side."""

from collections import Counter
from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState

from nia_optuna.architectures import MLP
from nia_optuna.branches import cells
from nia_optuna.budget import Budget
from nia_optuna.optimizer import SGD, Adam, Optimizer
from nia_optuna.recipe import Recipe
from nia_optuna.record import TrialAttr
from nia_optuna.search.interrupt import Interrupted
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.run import Place, run
from nia_optuna.search.watch import Ended, Event, Opened, Said
from nia_optuna.space import Space, SpaceError
from nia_optuna.study import check_space
from tests.search.small import INLINE, TWO_PROCESSES, Run, small

CELLS = 6


def of_six(space: Space) -> Recipe:
    """Which of six?"""
    return Recipe(
        MLP(widths=(space.choice("width", (4, 8, 16), default=8),)),
        SGD(lr=space.choice("lr", (0.1, 0.01), default=0.1)),
        batch_size=32,
    )


def with_branches(space: Space) -> Recipe:
    """Which optimizer, each with rates of its own?"""
    return Recipe(MLP(), space.one_of("optimizer", sgd, adam))


def sgd(space: Space) -> Optimizer:
    return SGD(lr=space.choice("lr", (0.1, 0.2, 0.3), default=0.2))


def adam(space: Space) -> Optimizer:
    return Adam(lr=space.choice("lr", (1e-3, 1e-2), default=1e-3))


grid = replace(
    small,
    draw=of_six,
    sampler="grid",
    pruner="none",
    budget=Budget(trials=50, epochs=1, finalists=1, seeds=1),
    baselines={},
)


def test_the_cells_of_a_space_with_branches_are_those_of_each_branch() -> None:
    found = cells(with_branches)
    assert found[0] == {"optimizer": "sgd", "sgd.lr": 0.2}
    assert Counter(cell["optimizer"] for cell in found) == {"sgd": 3, "adam": 2}
    assert len({repr(sorted(cell.items())) for cell in found}) == 5


def test_integers_have_cells_and_ranges_without_an_end_have_none() -> None:
    counted = cells(lambda space: space.integer("n", 2, 8, default=4, step=3 - 1))
    assert [cell["n"] for cell in counted] == [4, 2, 6, 8]
    with pytest.raises(SpaceError, match=r"'lr' is 0\.1 to 1"):
        cells(lambda space: space.log("lr", 0.1, 1.0, default=0.5))
    with pytest.raises(SpaceError, match="more than 10,000 cells"):
        cells(lambda space: [space.integer(f"n{k}", 0, 9, default=0) for k in range(5)])


def test_a_grid_of_what_cannot_be_counted_is_refused_before_anything_runs() -> None:
    with pytest.raises(SpaceError, match="a grid needs values that can be counted"):
        check_space(replace(small, sampler="grid"))


def test_every_cell_is_trained_exactly_once(run_study: Run, events: list[Event]) -> None:
    stored = run_study(grid)
    assert [t.state for t in stored.trials] == [TrialState.COMPLETE] * CELLS
    assert sorted(t.user_attrs[TrialAttr.CELL] for t in stored.trials) == list(range(CELLS))
    assert len({tuple(t.params.items()) for t in stored.trials}) == CELLS
    assert stored.trials[0].user_attrs[TrialAttr.BASELINE] == "default"
    opened = next(e for e in events if isinstance(e, Opened))
    assert (opened.done, opened.total) == (0, CELLS)
    events.clear()
    run_study(grid)
    assert not [e for e in events if isinstance(e, Ended)]


def test_a_cell_that_stands_twice_is_one_cell_done() -> None:
    stored = optuna.create_study()
    for _ in range(2):
        stored.add_trial(optuna.trial.create_trial(value=0.5, user_attrs={TrialAttr.CELL: 0}))
    assert Ledger(grid, stored).missing() == CELLS - 1


def test_two_trainers_share_a_grid(run_study: Run) -> None:
    stored = run_study(grid, TWO_PROCESSES)
    assert sorted(t.user_attrs[TrialAttr.CELL] for t in stored.trials) == list(range(CELLS))


def test_fewer_trials_than_cells_train_so_many(run_study: Run) -> None:
    stored = run_study(grid, trials=4)
    assert sum(t.state == TrialState.COMPLETE for t in stored.trials) == 4
    stored = run_study(grid, trials=6)
    assert sum(t.state == TrialState.COMPLETE for t in stored.trials) == CELLS


def test_a_cell_that_fails_is_a_cell_done(run_study: Run, events: list[Event]) -> None:
    def half_broken(space: Space) -> Recipe:
        recipe = of_six(space)
        if space.values["lr"] == 0.01:
            recipe = replace(recipe, optimizer=SGD(lr=1e30))
        return recipe

    stored = run_study(replace(grid, draw=half_broken))
    states = Counter(t.state for t in stored.trials)
    assert states == {TrialState.COMPLETE: 3, TrialState.FAIL: 3}
    assert max(e.done for e in events if isinstance(e, Ended)) == CELLS


def test_cells_that_fail_count_towards_the_trials_asked_for(run_study: Run) -> None:
    def broken(space: Space) -> Recipe:
        return replace(of_six(space), optimizer=SGD(lr=1e30))

    stored = run_study(replace(grid, draw=broken), trials=3)
    assert [t.state for t in stored.trials] == [TrialState.FAIL] * 3


def test_no_more_cells_are_queued_than_asked_for(run_study: Run) -> None:
    assert len(run_study(grid, trials=2).trials) == 2
    assert len(run_study(grid, trials=50).trials) == CELLS


def test_an_endless_range_is_refused_before_it_is_counted_out() -> None:
    with pytest.raises(SpaceError, match="'n' alone has more than 10,000 cells"):
        cells(lambda space: space.integer("n", 1, 10**12, default=1))


def test_a_named_baseline_that_is_a_cell_takes_its_place(run_study: Run) -> None:
    stored = run_study(replace(grid, baselines={"wide": {"width": 16}}))
    assert len(stored.trials) == CELLS
    assert stored.trials[1].user_attrs[TrialAttr.BASELINE] == "wide"
    assert sorted(t.user_attrs[TrialAttr.CELL] for t in stored.trials) == list(range(CELLS))


def test_a_baseline_that_is_no_cell_takes_no_cells_place(
    run_study: Run, events: list[Event]
) -> None:
    outside = Recipe(MLP(widths=(5,)), Adam(lr=0.01), batch_size=32)
    stored = run_study(replace(grid, baselines={"by hand": outside}), trials=4)
    cells = [t for t in stored.trials if TrialAttr.CELL in t.user_attrs]
    assert sum(t.state == TrialState.COMPLETE for t in cells) == 4
    assert stored.trials[1].state == TrialState.COMPLETE
    said = [e.text for e in events if isinstance(e, Said)]
    assert "4 of the grid's 6 cells are asked for" in said


def test_an_interrupted_grid_goes_on_with_the_cells_that_are_left(place: Place) -> None:
    import os
    import signal

    def watch(event: Event) -> None:
        if isinstance(event, Ended) and event.done == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        run(grid, place, INLINE, watch)
    stored = run(grid, place, INLINE, lambda _: None)
    assert sorted(t.user_attrs[TrialAttr.CELL] for t in stored.trials) == list(range(CELLS))
    assert [t.state for t in stored.trials] == [TrialState.COMPLETE] * CELLS
