import optuna
import pytest

from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.learned import Curve, Learned
from nia_optuna.findings.reached import MOST, reached, targets
from nia_optuna.findings.read import read
from tests.findings import made


@pytest.fixture
def accuracy() -> StudyFacts:
    return read(made.empty())


@pytest.fixture
def mse() -> StudyFacts:
    return read(made.empty(direction="minimize", metric="mse"))


def curve(*values: float) -> Curve:
    return tuple(enumerate(values, start=1))


def of(*curves: Curve) -> Learned:
    return Learned(TrialFacts(number=0, state="complete"), curves, "search")


def test_the_first_epoch_that_passes_counts_though_a_later_one_falls_back(
    accuracy: StudyFacts,
) -> None:
    (row,) = reached(accuracy, [of(curve(0.3, 0.55, 0.4, 0.56))])
    assert (row.target, row.epochs) == (0.5, ((2,),))


def test_just_reaching_it_is_passing_it(accuracy: StudyFacts) -> None:
    assert reached(accuracy, [of(curve(0.98))])[-1].target == 0.98


def test_one_that_never_gets_there_is_told_beside_one_that_does(accuracy: StudyFacts) -> None:
    rows = reached(accuracy, [of(curve(0.6, 0.985)), of(curve(0.6, 0.7))])
    assert [(row.target, row.epochs) for row in rows] == [
        (0.6, ((1,), (1,))),
        (0.7, ((2,), (2,))),
        (0.98, ((2,), (None,))),
    ]


def test_every_seed_is_told(accuracy: StudyFacts) -> None:
    (row,) = reached(accuracy, [of(curve(0.4, 0.5), curve(0.4, 0.4), curve(0.5, 0.5))])
    assert row.epochs == ((2, None, 1),)


def test_what_nobody_reaches_is_not_asked(accuracy: StudyFacts) -> None:
    assert reached(accuracy, [of(curve(0.1, 0.49))]) == ()


def test_lower_errors_are_round_and_pass_downwards(mse: StudyFacts) -> None:
    rows = reached(mse, [of(curve(120.0, 40.0, 18.0)), of(curve(120.0, 90.0, 80.0))])
    assert [(row.target, row.epochs) for row in rows] == [
        (100, ((2,), (2,))),
        (50, ((2,), (None,))),
        (20, ((3,), (None,))),
    ]


def test_only_the_hardest_are_told(mse: StudyFacts) -> None:
    falling = curve(*(1000 / 1.4**k for k in range(20)))
    rows = reached(mse, [of(falling)])
    assert len(rows) == MOST
    assert rows[-1].target == 2
    assert [row.target for row in rows] == sorted((row.target for row in rows), reverse=True)


def test_errors_below_one_have_round_values_too(mse: StudyFacts) -> None:
    assert targets(mse, [curve(0.07, 0.021)]) == (0.07, 0.05, 0.03)


def test_without_curves_nothing_is_asked(mse: StudyFacts) -> None:
    assert reached(mse, []) == ()
    assert reached(read(optuna.create_study()), [of()]) == ()
