import math
from dataclasses import replace

import optuna
import pytest

from nia_optuna.findings.facts import EpochFacts, StudyFacts, TrialFacts
from nia_optuna.findings.first_loss import blank_by_theory, first_losses
from nia_optuna.findings.read import read
from tests.findings import made, regression

LN10 = math.log(10)


def begun(
    *pairs: tuple[float | None, float | None],
    loss: str = "cross_entropy",
    regression: bool = False,
) -> StudyFacts:
    """Return facts of trials whose first epoch has (first loss, blank loss)."""
    trials = tuple(
        TrialFacts(
            number=number,
            state="complete",
            curve=(EpochFacts(number=1, first_loss=first, blank_loss=blank),),
        )
        for number, (first, blank) in enumerate(pairs)
    )
    facts = read(optuna.create_study())
    return replace(
        facts, trials=trials, loss=loss, task="regression" if regression else "classification"
    )


def off(facts: StudyFacts) -> tuple[list[int], list[int]]:
    found = first_losses(facts)
    return [e.trial for e in found.too_high], [e.trial for e in found.too_low]


def test_random_outputs_of_a_wide_layer_are_nothing_to_worry_about() -> None:
    assert off(begun((2.2, LN10), (2.58, LN10), (1.5 * LN10, LN10))) == ([], [])


def test_exploding_activations_and_known_answers_are_named() -> None:
    assert off(begun((2.3, LN10), (12.1, LN10), (0.4, LN10))) == ([1], [2])


def test_a_first_loss_that_is_not_finite_is_too_high() -> None:
    assert off(begun((2.3, LN10), (None, LN10))) == ([1], [])


@pytest.mark.parametrize("loss", ["squared", "hinge"])
def test_losses_that_cannot_grow_far_have_a_nearer_bound(loss: str) -> None:
    assert off(begun((0.92, 0.9), (1.5, 0.9), loss=loss)) == ([1], [])


def test_a_row_near_zero_is_no_yardstick_in_regression() -> None:
    facts = begun((0.25, 0.0001), (0.9, 1.0), (1.1, 1.2), loss="squared", regression=True)
    assert off(facts) == ([], [])


def test_a_number_far_from_anything_is_named_in_regression() -> None:
    facts = begun((600, 592), (590, 592), (90_000, 592), loss="squared", regression=True)
    assert off(facts) == ([2], [])


def test_one_row_predicted_well_by_luck_is_not_too_low() -> None:
    assert off(begun((0.01, 1.0), (0.9, 1.0), loss="squared", regression=True)) == ([], [])


def test_old_studies_recorded_no_first_loss() -> None:
    assert first_losses(read(made.confirmed())).number == 0


def test_every_trial_that_recorded_one_counts() -> None:
    found = first_losses(read(regression.searched()))
    assert found.number == len(found.expected) == 20


def test_the_cross_entropy_of_ten_classes_is_ln_10_and_nothing_is_known_of_the_rest() -> None:
    facts = replace(begun(), dataset=replace(begun().dataset, classes=10))
    assert blank_by_theory(facts) == pytest.approx(LN10)
    assert blank_by_theory(replace(facts, loss="squared")) is None
    assert blank_by_theory(begun()) is None
