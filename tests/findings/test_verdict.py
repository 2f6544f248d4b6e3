import numpy as np
import pytest
from numpy.typing import NDArray

from nia_optuna.findings.verdict import verdict

CLEAR = np.array([[0.7, 0.2], [0.6, 0.1]])


def again(spread: float) -> NDArray[np.float64]:
    wave = spread * np.sin(np.arange(20))[None, :, None] * np.array([1, -1])
    return np.asarray(CLEAR[:, None, :] + wave)


def test_a_first_that_is_well_clear_of_the_second_is_relied_on() -> None:
    found = verdict(("lr", "width"), 20, CLEAR, again(0.05), (0.8, 0.7))
    assert (found.rely, found.reasons) == (True, ())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"trials": 19}, "19 trials are too few, 20 are needed"),
        ({"shares": CLEAR[:, ::-1] * [[1], [0]] + CLEAR * [[0], [1]]}, "the other lr"),
        ({"again": again(0.4)}, "the intervals of lr and width overlap"),
        ({"again": again(0.18)}, "lr begins at less than 1.5 times the end of that of width"),
        ({"unseen": (0.8, 0.123)}, "predicted badly (rank correlation 0.12)"),
        ({"unseen": (0.8, None)}, "predicted badly"),
    ],
)
def test_whatever_speaks_against_it_is_the_reason_not_to_rely(
    change: dict[str, object], why: str
) -> None:
    given = {"trials": 20, "shares": CLEAR, "again": again(0.05), "unseen": (0.8, 0.7)} | change
    found = verdict(("lr", "width"), **given)  # type: ignore[arg-type]
    assert not found.rely
    assert any(why in reason for reason in found.reasons)


def test_the_first_must_be_clear_of_every_other_and_not_of_the_second_alone() -> None:
    shares = np.array([[0.7, 0.2, 0.1], [0.6, 0.1, 0.05]])
    samples = np.repeat(shares[:, None, :], 20, axis=1)
    samples[:, :4, 2] = 0.9  # in a fifth of the samples the third explains nearly all
    found = verdict(("lr", "width", "depth"), 20, shares, samples, (0.8, 0.7))
    assert found.reasons == ("the intervals of lr and depth overlap",)
