from dataclasses import replace

import numpy as np
import pytest

from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.landscape import FEWEST, Cells, Landscape, Surface, landscape
from nia_optuna.findings.looked import looked
from tests.findings import timed


def over(study: StudyFacts, *names: str) -> Landscape | None:
    shares = {name: 1 / 2**k for k, name in enumerate(names)}
    return landscape(study, looked(study, shares), shares)


def test_two_numbers_are_a_hill_whose_top_is_where_the_truth_has_it() -> None:
    seen = over(timed.searched(120), "lr", "dropout")
    assert seen is not None
    assert seen.foremost
    drawn = seen.drawn
    assert isinstance(drawn, Surface)
    row, column = np.unravel_index(np.nanargmax(drawn.predicted), drawn.predicted.shape)
    size = len(drawn.predicted) - 1
    assert column / size == pytest.approx(0.5, abs=0.06)
    assert row / size == pytest.approx(0.4, abs=0.2)
    assert np.nanmax(drawn.predicted) == pytest.approx(0.9, abs=0.03)
    assert drawn.explained > 0.8


def test_nothing_is_predicted_far_from_every_trial() -> None:
    study = timed.searched(90)
    left = [t for t in study.trials if float(str(t.configuration["dropout"])) < 0.2]
    seen = over(replace(study, trials=tuple(left)), "lr", "dropout")
    assert seen is not None
    assert isinstance(seen.drawn, Surface)
    assert np.isnan(seen.drawn.predicted[-25:]).all()
    assert not np.isnan(seen.drawn.predicted[:25]).all()


def test_values_that_hang_on_neither_are_not_explained() -> None:
    study = timed.searched(60)
    rng = np.random.default_rng(0)
    trials = tuple(replace(t, value=float(rng.normal())) for t in study.trials)
    seen = over(replace(study, trials=trials), "lr", "dropout")
    assert seen is not None
    assert isinstance(seen.drawn, Surface)
    assert seen.drawn.explained < 0.1


def test_losses_over_decades_are_modelled_by_their_logarithm_and_stay_positive() -> None:
    study = timed.searched(90)
    losses = [
        replace(t, value=None if t.value is None else 1e4 ** (1 - t.value)) for t in study.trials
    ]
    seen = over(replace(study, trials=tuple(losses), direction="minimize"), "lr", "dropout")
    assert seen is not None
    assert isinstance(seen.drawn, Surface)
    assert seen.drawn.logarithmic
    assert np.nanmin(seen.drawn.predicted) > 0


def test_choices_are_cells_with_median_best_and_number() -> None:
    study = timed.searched(200)
    seen = over(study, "activation", "depth")
    assert seen is not None
    drawn = seen.drawn
    assert isinstance(drawn, Cells)
    assert drawn.columns == ("relu", "gelu", "tanh")
    assert drawn.rows == (1, 2, 3, 4)
    here = [
        trial.value
        for trial in study.of_state("complete")
        if trial.value is not None
        and trial.configuration["activation"] == "gelu"
        and trial.configuration["depth"] == 3
    ]
    assert drawn.count[2, 1] == len(here)
    assert drawn.median[2, 1] == pytest.approx(np.median(here))
    assert drawn.best[2, 1] == max(here)
    best = max(study.of_state("complete"), key=lambda t: t.value or 0).configuration
    assert drawn.recommended == (
        drawn.rows.index(best["depth"]),
        drawn.columns.index(best["activation"]),
    )


def test_a_number_beside_a_choice_is_cut_into_parts_of_its_own_scale() -> None:
    seen = over(timed.searched(100), "lr", "activation")
    assert seen is not None
    assert isinstance(seen.drawn, Cells)
    assert len(seen.drawn.columns) == 5
    low, high = seen.drawn.columns[0], seen.drawn.columns[4]
    assert low == pytest.approx((1e-4, 1e-4 * 10**0.8))
    assert high == pytest.approx((10**-0.8, 1.0))
    assert seen.drawn.count.sum() == seen.drawn.trials


def test_of_parameters_that_are_never_together_the_next_best_pair_is_shown() -> None:
    study = timed.searched(30)
    seen = over(study, "momentum", "lr", "dropout")
    assert seen is not None
    assert not seen.foremost
    assert (seen.drawn.across.name, seen.drawn.up.name) == ("lr", "dropout")


def test_too_few_trials_and_one_parameter_have_no_landscape() -> None:
    few = timed.searched(FEWEST)
    assert over(few, "lr", "dropout") is None
    assert over(timed.searched(60), "lr") is None
    assert over(timed.searched(60)) is None
