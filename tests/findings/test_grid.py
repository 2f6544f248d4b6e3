import itertools

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from nia_optuna.findings.grid import Grid, grid
from nia_optuna.findings.read import read
from nia_optuna.record import TrialAttr
from tests.findings import gridded, made


def found(study: optuna.Study) -> Grid:
    made_of = grid(read(study))
    assert made_of is not None
    return made_of


def test_every_cell_stands_exactly_once_sorted_by_its_parameters() -> None:
    cells = [tuple(cell.configuration.values()) for cell in found(gridded.grid()).cells]
    assert cells == list(
        itertools.product((0.01, 1.0, 10.0), (25, 50, 100), ("full", "one", "mini"))
    )


def test_a_cell_that_was_tried_again_stands_with_the_trial_that_came_furthest() -> None:
    study = gridded.grid()
    lost = next(t for t in study.trials if t.state == TrialState.FAIL)
    study.add_trial(
        create_trial(
            value=0.9,
            params=lost.params,
            distributions=lost.distributions,
            user_attrs={TrialAttr.CELL: lost.user_attrs[TrialAttr.CELL]},
        )
    )
    cells = found(study).cells
    assert len(cells) == 27
    assert {cell.state for cell in cells} == {"complete"}


def test_a_baseline_outside_of_the_space_is_no_cell() -> None:
    study = gridded.grid()
    study.add_trial(create_trial(value=0.99, user_attrs={TrialAttr.RECIPE: "Recipe(…)"}))
    assert len(found(study).cells) == 27


@pytest.mark.parametrize(
    ("values", "layout"),
    [
        ({"lr": [1.0, 2.0]}, ("lr", None, ())),
        ({"lr": [1.0, 2.0], "width": [1, 2, 3]}, ("width", "lr", ())),
        (gridded.VALUES, ("batch", "lr", ("width",))),
        (gridded.VALUES | {"depth": [1, 2]}, ("batch", "lr", ("width", "depth"))),
        ({"seed": list(range(9)), "lr": [1.0, 2.0]}, ("lr", "seed", ())),
        ({"lr": [1.0], "width": [1, 2]}, ("width", None, ())),
    ],
)
def test_the_parameter_with_the_most_values_that_fit_gives_the_colours(
    values: dict[str, list[object]], layout: tuple[str | None, str | None, tuple[str, ...]]
) -> None:
    laid = found(gridded.grid(values))
    assert (laid.colour, laid.column, laid.rows) == layout


def test_text_stands_in_the_order_it_was_declared_in_and_numbers_in_theirs() -> None:
    laid = found(gridded.grid())
    assert laid.values["batch"] == ("full", "one", "mini")
    assert laid.values["lr"] == (0.01, 1.0, 10.0)


def test_a_search_is_no_grid() -> None:
    assert grid(read(gridded.grid(sampler="auto"))) is None
    assert grid(read(made.searched())) is None
