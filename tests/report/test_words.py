from dataclasses import replace

import pytest

from nia_optuna.findings.confirmation import Difference, estimate
from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.read import read
from nia_optuna.report import words
from tests.findings import made


@pytest.fixture(scope="module")
def accuracy() -> StudyFacts:
    return read(made.empty())


@pytest.fixture(scope="module")
def loss() -> StudyFacts:
    return read(made.empty(direction="minimize", metric="loss"))


def test_accuracies_are_in_per_cent_and_losses_are_not(
    accuracy: StudyFacts, loss: StudyFacts
) -> None:
    assert words.metric(accuracy, 0.78125) == "78.12 %"
    assert words.metric(loss, 0.78125) == "0.7812"
    assert words.metric(loss, None) == "—"


def test_errors_have_four_digits_and_their_own_names(loss: StudyFacts) -> None:
    shown = [words.metric(loss, value) for value in (22.5, 0.45, 129.76, 1432.4, 0.0)]
    assert shown == ["22.50", "0.4500", "129.8", "1432", "0.000"]
    assert [words.measure(name) for name in ("mse", "mae", "loss")] == ["MSE", "MAE", "loss"]
    assert [words.gain(loss, value) for value in (1.5, -1.5)] == ["+1.500", "−1.500"]  # noqa: RUF001
    assert words.compared(loss, -0.25) == "0.2500 worse than"


def test_a_data_set_is_of_pictures_rows_or_examples(accuracy: StudyFacts) -> None:
    assert words.examples(accuracy) == "pictures"
    assert words.examples(replace(accuracy, task="regression")) == "rows"
    flat = replace(accuracy.dataset, shape=(13,))
    assert words.examples(replace(accuracy, dataset=flat)) == "examples"


def test_a_mean_stands_with_its_interval_and_seeds(accuracy: StudyFacts, loss: StudyFacts) -> None:
    assert words.estimate(accuracy, estimate([0.79, 0.80, 0.81])) == "80.00 % ± 2.48 (3 seeds)"
    assert words.estimate(accuracy, estimate([0.8])) == "80.00 % (1 seed)"
    assert words.estimate(loss, estimate([0.4, 0.5])) == "0.4500 ± 0.6353 (2 seeds)"


def test_a_difference_stands_with_its_interval_and_test(accuracy: StudyFacts) -> None:
    found = Difference(0.03, (-0.01, 0.07), "paired t", 3)
    expected = "+3.00 points (95 % interval −1.00 to +7.00 points, paired t)"  # noqa: RUF001
    assert words.verdict(accuracy, found) == expected


def test_a_difference_without_an_interval_says_why(accuracy: StudyFacts) -> None:
    said = [
        words.verdict(accuracy, Difference(gain, None, "none", seeds))
        for gain, seeds in ((0.01, 1), (0.01, 3), (0.0, 3))
    ]
    assert said == [
        "+1.00 points (too few seeds for an interval)",
        "+1.00 points (the same difference on every one of 3 seeds)",
        "+0.00 points (the same on every one of 3 seeds)",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "0.2 s"),
        (43.2, "43 s"),
        (59.9, "1 min 00 s"),
        (1512, "25 min 12 s"),
        (11100, "3 h 05 min"),
        (None, "—"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


def test_lists_end_in_and() -> None:
    assert [words.listed(list(x)) for x in ("", "a", "ab", "abc")] == [
        "—", "a", "a and b", "a, b and c",
    ]  # fmt: skip


def test_what_rounds_to_nothing_has_no_minus(accuracy: StudyFacts) -> None:
    assert words.gain(accuracy, -0.00001) == "+0.00 points"
    assert words.metric(accuracy, -0.00001) == "0.00 %"
