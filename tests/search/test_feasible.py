"""What cannot be trained on its data is refused before anything is trained or stored."""

from dataclasses import replace

import pytest

from nia_optuna.architectures import CNN, MLP, LeNet
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Architecture, Recipe
from nia_optuna.search.run import Place
from nia_optuna.settings import StudyError
from nia_optuna.space import Space
from tests.search.small import Run, small


def of(model: Architecture, **settings: object) -> Recipe:
    return Recipe(model, SGD(lr=0.1), **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (of(LeNet()), "baseline 'mine' cannot be trained on these data: .*12x12"),
        (of(CNN(widths=(4, 4, 4))), "pictures of at least 8x8"),
        (of(MLP(batch_norm=True), batch_size=1), "more than 1 value per channel"),
    ],
)
def test_a_baseline_that_does_not_fit_is_refused(
    run_study: Run, place: Place, recipe: Recipe, said: str
) -> None:
    with pytest.raises(StudyError, match=said):
        run_study(replace(small, baselines={"mine": recipe}))
    assert not place.runs.database.exists()


def test_defaults_that_do_not_fit_are_refused(run_study: Run) -> None:
    def pictures_of_rows(space: Space) -> Recipe:
        return of(CNN(widths=(space.choice("width", (4, 8), default=4),)))

    with pytest.raises(StudyError, match="the defaults cannot be trained on these data"):
        run_study(
            replace(
                small,
                dataset="boston_housing",
                metric="mse",
                loss="squared",
                draw=pictures_of_rows,
                baselines={},
            )
        )


def test_rows_of_numbers_cannot_be_flipped(run_study: Run) -> None:
    flipped = of(MLP(), augment=("flip",))
    rows = replace(small, dataset="boston_housing", metric="mse", loss="squared")
    with pytest.raises(StudyError, match="these are rows of numbers"):
        run_study(replace(rows, baselines={"mine": flipped}))
