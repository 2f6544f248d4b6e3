import pytest

from nia_optuna.findings.by_class import by_class, class_names, recall_gains
from nia_optuna.findings.facts import RunFacts

COUNTS = ((90, 8, 2), (0, 50, 0), (3, 3, 4))
NAMES = ("cat", "dog", "eel")


def run(seed: int, *confusion: tuple[int, ...]) -> RunFacts:
    return RunFacts(1, seed, 0.9, 0.9, 1.0, 1, confusion=confusion)


def test_recall_is_of_what_is_there_and_precision_of_what_was_said() -> None:
    cat, dog, _ = by_class(COUNTS, NAMES)
    assert (cat.examples, cat.right) == (100, 90)
    assert cat.recall == pytest.approx(0.9)
    assert cat.precision == pytest.approx(90 / 93)
    assert dog.precision == pytest.approx(50 / 61)


def test_a_class_is_mistaken_most_often_for_one_or_for_several_that_are_level() -> None:
    cat, _, eel = by_class(COUNTS, NAMES)
    assert (cat.taken_for, cat.times) == (("dog",), 8)
    assert (eel.taken_for, eel.times) == (("cat", "dog"), 3)


def test_a_class_that_was_never_mistaken_was_taken_for_nothing() -> None:
    dog = by_class(COUNTS, NAMES)[1]
    assert (dog.taken_for, dog.times, dog.recall) == ((), 0, 1.0)


def test_a_class_without_examples_has_no_recall_and_one_never_named_no_precision() -> None:
    first, second = by_class(((0, 0), (5, 0)), ("a", "b"))
    assert (first.recall, first.precision) == (None, 0.0)
    assert (second.recall, second.precision) == (0.0, None)


def test_classes_have_numbers_where_the_names_do_not_fit() -> None:
    assert class_names(2, ["cat", "dog"]) == ("cat", "dog")
    assert class_names(3, ["cat", "dog"]) == ("0", "1", "2")


def test_gains_in_recall_are_taken_in_pairs_of_one_seed() -> None:
    mine = [run(1, (9, 1), (0, 10)), run(2, (8, 2), (0, 10))]
    theirs = [run(1, (7, 3), (0, 10)), run(2, (7, 3), (5, 5))]
    first, second = recall_gains(mine, theirs)
    assert first is not None
    assert second is not None
    assert first.values == pytest.approx((0.2, 0.1))
    assert first.ci95 is not None
    assert second.mean == pytest.approx(0.25)


def test_gains_over_other_seeds_have_no_interval() -> None:
    mine = [run(1, (9, 1), (0, 10)), run(2, (8, 2), (0, 10))]
    (first, _) = recall_gains(mine, [run(3, (7, 3), (0, 10))])
    assert first is not None
    assert first.mean == pytest.approx(0.15)
    assert first.ci95 is None


def test_there_are_no_gains_between_other_classes_or_against_nothing() -> None:
    mine = [run(1, (9, 1), (0, 10))]
    assert recall_gains(mine, [run(1, (1, 0, 0), (0, 1, 0), (0, 0, 1))]) == ()
    assert recall_gains(mine, [run(1)]) == ()
    assert recall_gains(mine, []) == ()
