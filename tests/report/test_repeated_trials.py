"""A trial of many seeds is not taken for one long training."""

from nia_optuna.findings.findings import find
from nia_optuna.report.configurations import best_table, top_table
from nia_optuna.report.confirmed_table import confirmation_table
from tests.findings import made, regression


def test_the_time_of_a_training_is_not_that_of_all_its_repeats() -> None:
    found = find(regression.confirmed())
    # Ten trainings of 30 or 17 epochs, 0.05 seconds an epoch.
    assert {row[-1] for row in confirmation_table(found)} == {"1.5 s", "0.8 s"}
    cells = {name: values for name, values, _ in best_table(found)["rows"]}
    assert cells["time of a training in the search"] == ["1.5 s", "1.5 s", "0.8 s"]


def test_epochs_and_time_of_the_best_are_both_of_all_seeds() -> None:
    top = top_table(find(regression.confirmed()))
    assert top["columns"][4:6] == ["epochs, all seeds", "time, all seeds"]
    assert top["rows"][0][4:6] == ["300", "15 s"]


def test_with_one_seed_there_is_nothing_to_add() -> None:
    top = top_table(find(made.searched()))
    assert top["columns"][4:6] == ["epochs", "time"]
    assert top["rows"][0][4] == str(made.EPOCHS)
