import math

import optuna
import pytest

from nia_optuna.findings.confirmation import confirmed, difference, estimate, optimism
from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.failed import Failed, failed
from nia_optuna.findings.read import read
from nia_optuna.record import StudyAttr
from tests.findings import made


def study_of(
    *runs: tuple[int, int, float, float | None], direction: str = "maximize"
) -> StudyFacts:
    """Return facts with confirmation runs (trial, seed, validation, test)."""
    minimise = direction == "minimize"
    study = optuna.create_study(direction="minimize" if minimise else "maximize")
    study.set_user_attr(
        StudyAttr.CONFIRMATION,
        {
            f"{trial}/{seed}": {"trial": trial, "seed": seed, "validation": value, "test": test}
            for trial, seed, value, test in runs
        },
    )
    return read(study)


def test_the_interval_is_students() -> None:
    # Mean 2, standard deviation 1, t(0.975, 2) = 4.3027: half width 4.3027 / sqrt(3).
    found = estimate([1.0, 2.0, 3.0])
    assert found.mean == 2
    assert found.ci95 == pytest.approx((2 - 4.302652 / math.sqrt(3), 2 + 4.302652 / math.sqrt(3)))


def test_one_seed_has_no_interval() -> None:
    assert estimate([0.5]).ci95 is None


def test_configurations_stand_by_their_validation_mean_and_seeds_in_order() -> None:
    facts = study_of((1, 9, 0.5, None), (1, 8, 0.7, None), (2, 8, 0.9, 0.8), (2, 9, 0.9, 0.8))
    found = confirmed(facts)
    assert list(found) == [2, 1]
    assert found[1].seeds == (8, 9)
    assert found[1].validation.values == (0.7, 0.5)
    assert found[1].test is None


def test_a_training_that_failed_counts_for_nothing() -> None:
    facts = study_of((1, 8, math.nan, None), (1, 9, 0.5, None))
    assert confirmed(facts)[1].seeds == (9,)
    assert failed(facts) == {1: Failed(seeds=1, of=2, reason="no reason recorded")}


def test_a_failed_training_keeps_its_reason() -> None:
    study = made.confirmed()
    made.fail(study, (0, 502))
    facts = read(study)
    assert [run.failure for run in facts.runs if run.trial == 0] == [None, made.DIVERGED, None]
    assert failed(facts) == {0: Failed(seeds=1, of=3, reason=made.DIVERGED)}


def test_what_failed_on_a_seed_stands_last_however_good_the_others_were() -> None:
    facts = study_of((1, 8, 0.9, None), (1, 9, math.nan, None), (2, 8, 0.5, None))
    assert list(confirmed(facts)) == [2, 1]


def test_what_failed_on_a_seed_has_no_optimism() -> None:
    study = made.confirmed()
    made.fail(study, (0, 502))
    assert optimism(read(study), confirmed(read(study)), 0) is None


def test_the_same_seeds_are_compared_in_pairs() -> None:
    facts = study_of(
        (1, 1, 0.50, None), (1, 2, 0.60, None), (1, 3, 0.70, None),
        (2, 1, 0.491, None), (2, 2, 0.589, None), (2, 3, 0.69, None),
    )  # fmt: skip
    found = difference(facts, 1, 2, "validation")
    assert found is not None
    assert found.method == "paired t"
    assert found.gain == pytest.approx(0.01)
    assert found.tied is False


def test_values_that_are_all_the_same_are_no_certainty() -> None:
    facts = study_of((1, 1, 0.98, None), (1, 2, 0.98, None), (2, 1, 0.97, None), (2, 2, 0.97, None))
    assert confirmed(facts)[1].validation.ci95 is None
    found = difference(facts, 1, 2, "validation")
    assert found is not None
    assert found.tied is None


def test_equal_on_every_seed_is_tied_and_on_a_single_one_it_is_not_known() -> None:
    runs = [(trial, seed, 0.9 + seed / 100, None) for trial in (1, 2) for seed in range(3)]
    found = difference(study_of(*runs), 1, 2, "validation")
    assert found is not None
    assert (found.gain, found.seeds, found.tied) == (0, 3, True)
    single = difference(study_of(runs[0], runs[3]), 1, 2, "validation")
    assert single is not None
    assert (single.seeds, single.tied) == (1, None)


def test_what_rounding_adds_to_the_same_difference_is_no_spread() -> None:
    values = (0.3, 0.6, 0.7)  # less 0.1 they differ from themselves in the last digit
    runs = [(1, seed, value, None) for seed, value in enumerate(values)]
    runs += [(2, seed, value - 0.1, None) for seed, value in enumerate(values)]
    found = difference(study_of(*runs), 1, 2, "validation")
    assert found is not None
    assert (found.ci95, found.tied, found.seeds) == (None, None, 3)


def test_different_seeds_are_compared_by_welch() -> None:
    facts = study_of(
        (1, 1, 0.50, None), (1, 2, 0.60, None), (1, 3, 0.70, None),
        (2, 4, 0.49, None), (2, 5, 0.59, None), (2, 6, 0.69, None),
    )  # fmt: skip
    found = difference(facts, 1, 2, "validation")
    assert found is not None
    assert found.method == "Welch t"
    # Equal variances 0.01 and sizes 3: t(0.975, 4) = 2.7764, standard error sqrt(0.02 / 3).
    half = 2.776445 * math.sqrt(0.02 / 3)
    assert found.ci95 == pytest.approx((0.01 - half, 0.01 + half))
    assert found.tied is True


def test_a_lower_loss_is_a_gain() -> None:
    facts = study_of((1, 1, 0.4, None), (2, 1, 0.5, None), direction="minimize")
    found = difference(facts, 1, 2, "validation")
    assert found is not None
    assert found.gain == pytest.approx(0.1)
    assert found.tied is None


def test_nothing_is_compared_on_a_part_that_was_not_scored() -> None:
    assert difference(study_of((1, 1, 0.4, None), (2, 1, 0.5, 0.5)), 1, 2, "test") is None


def test_optimism_is_the_search_minus_the_mean_over_fresh_seeds() -> None:
    facts = read(made.confirmed())
    found = confirmed(facts)
    number = facts.finalists[0]
    trial = facts.trial(number)
    assert trial is not None
    assert trial.value is not None
    gap = optimism(facts, found, number)
    assert gap == pytest.approx(trial.value - found[number].validation.mean)
    assert optimism(facts, found, 3) is None
