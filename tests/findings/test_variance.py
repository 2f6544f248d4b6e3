import numpy as np
import pytest

from nia_optuna.findings.region import Axis, Region
from nia_optuna.findings.variance import interaction, shares, shares_inside

SPACE = Region(
    (
        Axis("kind", choices=("one", "other")),
        Axis("slope", low=0, high=1, parent="kind", on=(0.0,)),
        Axis("width", low=0, high=1),
    ),
    (),
)
SAMPLE = SPACE.sample(4096)
KIND, SLOPE, WIDTH = SAMPLE.T


def test_shares_are_those_of_the_variance() -> None:
    # Variances: 1/4 of the choice, 1/12 of the number.
    found = shares(SPACE, SAMPLE, KIND + WIDTH)
    assert found == pytest.approx([0.75, 0, 0.25], abs=0.02)


def test_a_conditional_axis_is_judged_inside_its_branch_and_weighed_by_it() -> None:
    values = np.nan_to_num(SLOPE, nan=0.5) + WIDTH
    # Half of the space uses it: 1/24 of 1/24 + 1/12 in all, 1/12 of 1/6 inside.
    assert shares(SPACE, SAMPLE, values) == pytest.approx([0, 1 / 3, 2 / 3], abs=0.03)
    assert shares_inside(SPACE, SAMPLE, values)[1] == pytest.approx(1 / 2, abs=0.03)


def test_what_two_axes_do_only_together_is_their_interaction() -> None:
    values = np.where((KIND > 0) == (WIDTH > 0.5), 1.0, 0.0)
    assert shares(SPACE, SAMPLE, values) == pytest.approx([0, 0, 0], abs=0.01)
    assert interaction(SPACE, SAMPLE, values, 0, 2) == pytest.approx(1, abs=0.01)
    assert interaction(SPACE, SAMPLE, KIND + WIDTH, 0, 2) == pytest.approx(0, abs=0.01)


def test_nothing_is_shared_where_nothing_varies_and_noise_is_nobodys() -> None:
    assert shares(SPACE, SAMPLE, np.ones(len(SAMPLE))) == pytest.approx([0, 0, 0])
    noise = np.random.default_rng(1).random(len(SAMPLE))
    assert max(shares(SPACE, SAMPLE, noise)) < 0.01
    assert interaction(SPACE, SAMPLE, noise, 0, 2) < 0.01
