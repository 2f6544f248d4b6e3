import optuna
import pytest
from optuna.storages import InMemoryStorage

from nia_optuna.findings.choose import UnknownStudyError, choose, chosen


def test_without_names_all_studies_are_meant() -> None:
    assert choose([], ["b", "a"]) == ["a", "b"]


def test_a_name_given_twice_counts_once() -> None:
    assert choose(["b", "b"], ["b", "a"]) == ["b"]


def test_a_misspelt_name_meets_its_neighbours() -> None:
    with pytest.raises(UnknownStudyError, match="'lenett'; did you mean lenet"):
        choose(["lenett"], ["lenet", "mlp"])


def test_a_name_far_from_all_meets_the_list() -> None:
    with pytest.raises(UnknownStudyError, match="there are: lenet, mlp"):
        choose(["zzz"], ["mlp", "lenet"])


def test_studies_with_several_objectives_are_passed_over_unless_named() -> None:
    storage = InMemoryStorage()
    optuna.create_study(study_name="one", storage=storage)
    optuna.create_study(study_name="two", storage=storage, directions=["minimize"] * 2)
    assert [study.study_name for study in chosen(storage, [])] == ["one"]
    assert [study.study_name for study in chosen(storage, ["two"])] == ["two"]
