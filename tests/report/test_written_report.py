import csv
import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from markdown_it import MarkdownIt
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from nia_optuna.findings.findings import find
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.report.belief import belief
from nia_optuna.report.write import write_report
from tests.findings import made

FILES = {
    *("README.md", "trials.csv", "summary.json"),
    *("history.png", "curves.png", "importances.png", "ablation.png"),
    *("anytime.png", "slices.png", "contour.png", "parallel.png"),
    *("convergence.png", "learning.png"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(made.confirmed(), tmp_path_factory.mktemp("reports") / "cifar_cnn").parent


@pytest.fixture(scope="module")
def readme(folder: Path) -> str:
    return (folder / "README.md").read_text()


def html(text: str) -> str:
    return str(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text))


def cells_differ(page: str) -> list[str]:
    """Return the tables of an HTML page whose rows are not all of one length."""
    tables = re.findall(r"<table>.*?</table>", page, re.DOTALL)
    rows = {table: re.findall(r"<tr>.*?</tr>", table, re.DOTALL) for table in tables}
    return [t for t in tables if len({len(re.findall("<t[hd]", row)) for row in rows[t]}) != 1]


def test_a_report_is_a_few_light_files(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    assert max(path.stat().st_size for path in folder.glob("*.png")) < 150_000


def test_every_link_and_picture_is_there(folder: Path, readme: str) -> None:
    linked = re.findall(r"\]\(([^)]+)\)", readme)
    assert FILES - {"README.md"} == set(linked)
    assert all((folder / name).exists() for name in linked)


def test_the_answer_has_numbers_and_says_which_part_they_are_from(readme: str) -> None:
    answer = re.split("^## ", readme, flags=re.MULTILINE)[1]
    assert "Trial 14" in answer
    assert re.search(
        r"reaches a test accuracy of 7\d\.\d\d % \(95 % interval .*, 3 fresh seeds\)", answer
    )
    assert "On validation it had 77.80 % in the search" in answer
    assert "of the variance" in answer


def test_a_tie_with_the_baseline_is_said_first(readme: str) -> None:
    belief = readme.split("## Can it be believed?")[1]
    assert belief.strip().startswith("- Not shown to beat the baseline: on test")


def test_tables_have_as_many_cells_in_every_row(readme: str) -> None:
    assert html(readme).count("<table>") >= 6
    assert cells_differ(html(readme)) == []


def test_the_exact_command_stands_in_a_code_block(readme: str) -> None:
    assert f"```sh\n{made.STUDY_ATTRS[StudyAttr.COMMAND]}\n```" in readme


def test_the_summary_is_json_without_nan(folder: Path) -> None:
    text = (folder / "summary.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail)["study"] == "cifar_cnn"


def test_the_table_has_every_trial_and_every_digit(folder: Path) -> None:
    with (folder / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 31
    study = made.confirmed()
    assert float(rows[14]["value"]) == study.trials[14].value
    assert rows[14]["param.depth"] == "4"
    assert rows[14]["param.sgd.lr"] == ""


def test_the_same_storage_gives_the_same_bytes_in_another_process(
    folder: Path, tmp_path: Path
) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.findings import made;"
        "from nia_optuna.report.write import write_report;"
        "write_report(made.confirmed(), Path(sys.argv[1]))"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, cwd=root)
    for name in FILES:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_pictures_of_an_earlier_report_do_not_stay(tmp_path: Path) -> None:
    (tmp_path / "importances.png").write_bytes(b"old")
    write_report(made.empty(), tmp_path)
    assert not (tmp_path / "importances.png").exists()


def only(state: TrialState) -> optuna.Study:
    study = made.empty()
    for _ in range(3):
        made.add(study, made.DEFAULTS, state, epochs=3)
    return study


def one_parameter() -> optuna.Study:
    study = made.empty()
    for value in (0.1, 0.2, 0.3) * 5:
        made.add(study, {"dropout": value})
    return study


def not_finite() -> optuna.Study:
    study = optuna.create_study()
    for value in (math.inf, -math.inf):
        study.add_trial(create_trial(value=value))
    curve = [{"number": 1, "validation_loss": math.nan, "train_loss": math.inf}]
    study.add_trial(create_trial(state=TrialState.FAIL, user_attrs={TrialAttr.CURVE: curve}))
    study.set_user_attr(StudyAttr.METRIC, "loss")
    return study


def one_trial() -> optuna.Study:
    study = made.empty()
    made.add(study, made.DEFAULTS, attrs={TrialAttr.BASELINE: "default"})
    return study


def all_pruned_but_the_baseline() -> optuna.Study:
    study = one_trial()
    for _ in range(3):
        made.add(study, {**made.DEFAULTS, "dropout": 0.4}, TrialState.PRUNED, epochs=3)
    return study


def plain() -> optuna.Study:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda t: t.suggest_float("x", -1, 1) ** 2 + t.suggest_int("n", 0, 3), 20)
    return study


@pytest.mark.parametrize(
    ("study", "says"),
    [
        (made.empty(), "No answer yet: the study has no trial."),
        (one_trial(), "Only the default baseline stands so far"),
        (one_trial(), "because 1 trial with a value is too few"),
        (one_trial(), "- 1 configuration of 7 parameters was tried"),
        (all_pruned_but_the_baseline(), ": 3 configurations fell behind and were pruned."),
        (only(TrialState.FAIL), "none is complete"),
        (only(TrialState.PRUNED), "(3 pruned) none is complete"),
        (only(TrialState.RUNNING), "(3 running) none is complete"),
        (one_parameter(), "only one parameter was searched"),
        (not_finite(), "none is complete with a finite value"),
        (plain(), "there is no finished baseline to compare it with"),
        (made.searched(), "Not confirmed: every number is from one training seed"),
    ],
)
def test_poor_studies_are_written_up_and_say_what_is_missing(
    study: optuna.Study, says: str, tmp_path: Path
) -> None:
    text = write_report(study, tmp_path).read_text()
    assert says in text
    assert not re.search(r"\b(nan|inf|None|NA)\b", text)


def test_nothing_a_study_says_is_markup_in_the_report(tmp_path: Path) -> None:
    evil = '<script>alert("x")</script> | [x](javascript:x) ![y](http://z/y.png) `$x$ *b* =cmd()'
    nothing: dict[str, Any] = {}
    study = optuna.create_study(direction="maximize", study_name=evil)
    for name in StudyAttr:
        study.set_user_attr(name, evil)
    study.set_user_attr(StudyAttr.ENVIRONMENT, {"cpu": evil, "torch": evil})
    study.set_user_attr(StudyAttr.SOURCE, {"file": evil, "sha256": evil})
    study.set_user_attr(StudyAttr.DATASET, {"name": evil})
    study.set_user_attr(StudyAttr.SPACE, [{"name": evil, "kind": "choice", "choices": [evil]}])
    for number in range(12):
        choices = (evil, f"={evil}", "-other")
        study.add_trial(
            create_trial(
                value=number / 12,
                params={evil: choices[number % 3], "=p": number / 20},
                distributions={
                    evil: CategoricalDistribution(choices),
                    "=p": FloatDistribution(0, 1),
                },
                user_attrs={TrialAttr.BASELINE: evil} if number == 0 else nothing,
            )
        )
    study.add_trial(create_trial(state=TrialState.FAIL, user_attrs={TrialAttr.FAILURE: evil}))
    page = html(write_report(study, tmp_path).read_text())
    assert "<script" not in page
    assert 'javascript:x"' not in page
    drawn = ("history", "slices", "contour", "parallel", "importances", "ablation")
    pictures = [f"{name}.png" for name in drawn]
    assert re.findall('<img src="([^"]+)"', page) == pictures
    assert cells_differ(page) == []
    with (tmp_path / "trials.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if re.match("[=+@-]", cell)]


def test_no_secret_and_no_home_folder_reaches_any_file(tmp_path: Path) -> None:
    study = made.confirmed()
    told = "/home/alice/x.py --storage postgresql://alice:canary@db.example.org/x"
    study.set_user_attr(StudyAttr.COMMAND, f"nia-optuna run {told}")
    study.set_user_attr(StudyAttr.SOURCE, {"file": "/home/alice/x.py"})
    study.add_trial(create_trial(state=TrialState.FAIL, user_attrs={TrialAttr.FAILURE: told}))
    write_report(study, tmp_path)
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in (b"canary", b"alice", b"db.example.org"):
        assert word not in everything


def test_a_rehearsal_says_that_it_is_one() -> None:
    seen = find(made.confirmed())
    quick = replace(seen, facts=replace(seen.facts, name="cifar_cnn-quick"))
    assert belief(quick)[0].startswith("This is a rehearsal, at most 9 epochs on 45,000 training")
    assert not belief(seen)[0].startswith("This is a rehearsal")
