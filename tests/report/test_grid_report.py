"""A study that tried a grid whole is written up as one."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from nia_optuna.findings.findings import find
from nia_optuna.findings.grid import grid as grid_of
from nia_optuna.findings.learned import Band
from nia_optuna.findings.read import read
from nia_optuna.report.grid_table import grid_table
from nia_optuna.report.plots.grid import draw_panel, grid
from nia_optuna.report.plots.steep import steep
from nia_optuna.report.write import write_report
from tests.findings import gridded, made


@pytest.fixture(scope="module")
def readme(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_report(gridded.grid(), tmp_path_factory.mktemp("grid")).read_text()


def test_every_cell_has_a_row_and_the_failed_one_its_reason() -> None:
    table = grid_table(find(gridded.grid()))
    assert table is not None
    assert table["columns"][:3] == ["lr", "width", "batch"]
    assert len(table["rows"]) == len({tuple(row[:3]) for row in table["rows"]}) == 27
    assert table["rows"][25][:6] == [
        *("10", "100", "one", "—", "1", "failed: diverged: train loss was nan in epoch 2"),
    ]
    assert table["trained"] == 26


def test_the_page_shows_the_grid_and_says_how_much_of_it_there_is(readme: str) -> None:
    assert "](grid.png)" in readme
    assert "26 of 27 cells were trained to the end." in readme
    assert "## How the grid went" in readme


def test_the_page_speaks_of_a_grid_and_of_no_search(readme: str) -> None:
    assert "in the grid" in readme
    for words in ("in the search", "of the search", "sampler,", "the search's", "search values"):
        assert words not in readme, words


def test_importances_are_honest_and_said_to_be(readme: str) -> None:
    assert "A grid looks everywhere alike" in readme


def test_a_search_has_neither_a_grid_nor_its_words(tmp_path: Path) -> None:
    text = write_report(gridded.grid(sampler="auto"), tmp_path).read_text()
    assert not (tmp_path / "grid.png").exists()
    assert not re.search("every cell|A grid looks", text, re.IGNORECASE)
    assert "What mattered" in text


@pytest.mark.parametrize(
    "values",
    [
        {"lr": [1.0, 0.1]},
        {"lr": [1.0, 0.1], "width": [1, 2]},
        gridded.VALUES | {"depth": [1, 2], "batch": ["full", "mini"]},
        {"lr": [1.0, 0.1], "width": list(range(1, 10))},
    ],
    ids=["one", "two", "four", "nine values"],
)
def test_a_grid_of_any_number_of_parameters_is_drawn(values: dict[str, list[object]]) -> None:
    picture = grid(find(gridded.grid(values)))
    assert picture is not None
    assert picture.startswith(b"\x89PNG")


def test_training_stands_beside_validation_where_it_was_recorded() -> None:
    study = gridded.grid({"lr": [1.0, 0.1]})
    found = find(study)
    plain, table = grid(found), grid_table(found)
    assert table is not None
    assert not table["trained_on"]
    assert found.grid is not None
    cells = tuple(
        replace(cell, curve=tuple(replace(e, train_accuracy=0.5) for e in cell.curve))
        for cell in found.grid.cells
    )
    both = replace(found, grid=replace(found.grid, cells=cells))
    table = grid_table(both)
    assert table is not None
    assert table["trained_on"]
    assert grid(both) != plain


def test_no_picture_is_drawn_where_there_is_no_grid() -> None:
    assert grid(find(made.searched())) is None


def test_what_came_to_nothing_is_named_in_its_panel() -> None:
    cell = next(c for c in read(gridded.grid()).trials if c.state == "failed")
    made_of = grid_of(read(gridded.grid()))
    assert made_of is not None
    axes = Figure().subplots()
    draw_panel(axes, made_of, [cell], {cell.number: ()}, falling=False)
    assert [text.get_text() for text in axes.texts] == ["batch one: failed"]


def test_a_curve_beyond_a_falling_axis_is_named_as_diverged() -> None:
    facts = read(gridded.grid())
    made_of = grid_of(facts)
    assert made_of is not None
    cells = [cell for cell in made_of.cells if cell.state == "complete"][:2]
    lines = {cells[0].number: (Band(1, 9.0, 9.0, 9.0),), cells[1].number: (Band(1, 1e9, 1e9, 1e9),)}
    axes = Figure().subplots()
    steep(axes, [500.0, 20.0, 9.0, 9.0, 1e9])
    draw_panel(axes, made_of, cells, lines, falling=True)
    assert [text.get_text() for text in axes.texts] == ["batch one: diverged"]
