"""The table over all reports of a folder."""

import json
from pathlib import Path

import pytest

from nia_optuna.findings.read import read
from nia_optuna.findings.summary import summary
from nia_optuna.record import StudyAttr
from nia_optuna.report.index import MARK, row, write_index
from tests.findings.made import confirmed


def folder_with(tmp_path: Path, name: str, **changes: object) -> Path:
    study = confirmed(baselines=(0, 1))
    settings = study.user_attrs[StudyAttr.SETTINGS]
    study.set_user_attr(StudyAttr.SETTINGS, settings | {"reported": {"notebook": 0.7312}})
    (tmp_path / name).mkdir()
    answer = summary(read(study)) | changes
    (tmp_path / name / "summary.json").write_text(json.dumps(answer))
    return tmp_path


def test_a_row_holds_what_was_reported_beside_what_it_reaches_here(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "mine")
    answer = json.loads((folder / "mine" / "summary.json").read_text())
    cells = row(answer, "mine").cells
    notebook = next(b for b in answer["baselines"] if b["name"] == "notebook")
    assert cells[2] == "73.12 % (notebook)"
    assert cells[3] == f"{100 * notebook['confirmed']['test']['mean']:.2f} % (notebook)"
    assert cells[4] == f"{100 * answer['searched_best']['value']:.2f} %"
    assert cells[4] != f"{100 * answer['best']['value']:.2f} %"
    assert cells[5].startswith(f"{100 * answer['confirmed']['test']['mean']:.2f} %, 95 % interval")
    assert cells[5].endswith(" %")


def test_a_baseline_that_is_recommended_itself_is_named() -> None:
    study = confirmed(baselines=(0, 1))
    chosen = study.user_attrs[StudyAttr.CHOSEN] | {"trial": 1}
    study.set_user_attr(StudyAttr.CHOSEN, chosen)
    assert row(summary(read(study)), "mine").cells[5].endswith(" % (notebook)")


def test_a_summary_of_an_earlier_version_keeps_its_row() -> None:
    answer = summary(read(confirmed()))
    del answer["searched_best"]
    assert row(answer, "mine").cells[4] == "—"


def test_without_a_reported_figure_the_defaults_stand_there() -> None:
    answer = summary(read(confirmed()))
    cells = row(answer, "mine").cells
    assert cells[2] == "—"
    assert cells[3].endswith("(default)")


def test_every_summary_of_the_folder_has_a_row_and_rubbish_has_none(tmp_path: Path) -> None:
    folder_with(tmp_path, "one")
    folder_with(tmp_path, "two", study="<b>two</b>")
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "summary.json").write_text("[1, 2")
    readme = write_index(tmp_path)
    assert readme is not None
    text = readme.read_text()
    assert text.startswith(MARK)
    assert "(one/README.md)" in text
    assert "(two/README.md)" in text
    assert "three" not in text
    again = write_index(tmp_path)
    assert again is not None
    assert again.read_text() == text


def test_comparisons_are_listed_below_the_studies_and_rubbish_is_not(tmp_path: Path) -> None:
    folder_with(tmp_path, "one")
    for name, told in (("one-vs-two", {"studies": ["one", "<b>"]}), ("rubbish", ["one"])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "comparison.json").write_text(json.dumps(told))
    readme = write_index(tmp_path)
    assert readme is not None
    text = readme.read_text()
    assert text.endswith("\nComparisons:\n\n- [one against &lt;b&gt;](one-vs-two/README.md)\n")
    assert "rubbish" not in text


@pytest.mark.parametrize("theirs", ["# My own page", ""])
def test_somebody_elses_page_is_left_alone(tmp_path: Path, theirs: str) -> None:
    folder_with(tmp_path, "one")
    (tmp_path / "README.md").write_text(theirs)
    assert write_index(tmp_path) is None
    assert (tmp_path / "README.md").read_text() == theirs


def test_a_rehearsal_has_no_row(tmp_path: Path) -> None:
    folder_with(tmp_path, "one-quick")
    assert write_index(tmp_path) is None
    folder_with(tmp_path, "one")
    readme = write_index(tmp_path)
    assert readme is not None
    assert "one-quick" not in readme.read_text()
