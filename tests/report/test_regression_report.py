"""Every sentence reads right where numbers are predicted and a value is a mean of many seeds."""

import csv
import json
import re
from pathlib import Path

import optuna
import pytest

from nia_optuna.findings.findings import find
from nia_optuna.record import StudyAttr
from nia_optuna.report.belief import belief
from nia_optuna.report.configurations import top_table
from nia_optuna.report.limits import limits
from nia_optuna.report.reached_table import reached_table
from nia_optuna.report.write import write_report
from tests.findings import made, regression


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(regression.confirmed(), tmp_path_factory.mktemp("boston")).parent


@pytest.fixture(scope="module")
def readme(folder: Path) -> str:
    return (folder / "README.md").read_text()


def test_no_picture_no_accuracy_and_no_point_is_spoken_of(readme: str) -> None:
    said = re.sub(r"!\[[^]]*\]\([^)]*\)", "", readme)
    for word in ("picture", "accuracy", "points", " mse", "one seed", "one training seed"):
        assert word not in said, word
    assert "(81 rows)" in said
    assert "| rows | 323 train, 81 validation, 102 test |" in said


def test_values_of_the_search_are_means_with_their_interval(readme: str) -> None:
    assert "reaches a test MSE of " in readme
    assert "(mean of 10 seeds each)" in readme
    top = top_table(find(regression.confirmed()))
    assert top["columns"][2] == "validation (mean of 10 seeds)"
    assert re.fullmatch(r"9\.\d{3} ± 1\.\d{3} \(10 seeds\)", top["rows"][0][2])


def test_before_its_confirmation_the_mean_is_said_to_be_chosen_by() -> None:
    found = find(regression.searched())
    assert belief(found)[0].startswith("Not confirmed: every number is a mean of 10 seeds, and the")
    assert limits(found)[0].startswith("Every number is a mean of 10 seeds, by which the best")


def test_with_one_seed_the_words_are_of_one_seed() -> None:
    found = find(regression.searched(repeats=1))
    assert belief(found)[0].startswith("Not confirmed: every number is from one training seed")
    assert limits(found)[0] == "Every number is from a single training seed."


def test_one_split_is_said_to_be_one(readme: str) -> None:
    assert "One split of the data was used throughout" in readme
    assert "(81 rows)" in readme
    assert "The validation part has only 81 rows" in readme


def test_a_split_for_every_seed_is_said_to_be_one(tmp_path: Path) -> None:
    study = regression.confirmed()
    settings = {**study.user_attrs[StudyAttr.SETTINGS], "resplit": True}
    study.set_user_attr(StudyAttr.SETTINGS, settings)
    readme = write_report(study, tmp_path).read_text()
    assert "Every seed set aside validation examples of its own" in readme
    assert "(81 rows, others for every seed)" in readme
    assert "The test part has only 102 rows" in readme
    assert "| split again for every seed | yes |" in readme
    assert "One split" not in readme


def test_recipes_that_train_shorter_are_said_to(readme: str) -> None:
    assert "trained at most 17 to 30 epochs, each as its recipe says" in readme


def test_the_first_losses_stand_beside_what_zeros_lose() -> None:
    (said,) = [s for s in belief(find(regression.confirmed())) if s.startswith("The first loss")]
    assert re.fullmatch(
        r"The first loss of all 20 trials was near what a network that has learned nothing should "
        r"have \(squared error 592\): 57\d to 61\d\.",
        said,
    )


def test_epochs_to_a_given_error_are_told_of_every_baseline() -> None:
    table = reached_table(find(regression.confirmed()))
    assert table["columns"][2] == "the default baseline (10 fresh seeds)"
    row = next(row for row in table["rows"] if row[0] == "20")
    assert row[1:] == ["6 to 7", "7 to 8", "never"]


def test_the_summary_says_which_task_and_loss_and_every_baseline_met_the_test_part(
    folder: Path,
) -> None:
    found = json.loads((folder / "summary.json").read_text())
    assert (found["task"], found["loss"], found["metric"]) == ("regression", "squared", "mse")
    assert [each["name"] for each in found["baselines"]] == ["default", "by hand"]
    assert all(each["confirmed"]["test"]["ci95"] for each in found["baselines"])
    assert found["baselines"][1]["params"] == {}


def test_the_table_of_trials_has_seeds_and_recipes(folder: Path) -> None:
    with (folder / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[1]["recipe"] == regression.BY_HAND
    assert {row["seeds"] for row in rows} == {"10"}
    assert rows[0]["epochs_trained"] == "300"


def test_both_plots_of_learning_are_there(folder: Path, readme: str) -> None:
    for name in ("convergence.png", "learning.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
        assert f"]({name})" in readme


def test_a_study_that_recorded_no_epoch_has_no_plot_of_learning(tmp_path: Path) -> None:
    study = optuna.create_study()
    study.optimize(lambda trial: trial.suggest_float("x", -1, 1) ** 2, n_trials=3)
    text = write_report(study, tmp_path).read_text()
    assert not list(tmp_path.glob("convergence.png"))
    assert "How they learned" not in text
    assert not [s for s in belief(find(made.confirmed())) if s.startswith("The first loss")]
