"""A comparison of studies, as Markdown, a picture and JSON."""

import json
import re
from pathlib import Path

import optuna
import pytest
from markdown_it import MarkdownIt

from nia_optuna.record import StudyAttr
from nia_optuna.report.comparison.folder import folder_name
from nia_optuna.report.comparison.write import write_comparison
from nia_optuna.report.files import ReportError
from tests.findings import answered, made, regression
from tests.findings.compared import study

EVIL = '<script>alert("x")</script> | [x](javascript:x) ![y](http://z/y.png) `$x$ *b* =cmd()'


def text(tmp_path: Path, *studies: optuna.Study) -> str:
    said = write_comparison(studies, tmp_path).read_text()
    assert not re.search(r"\b(nan|inf|None|NA)\b", said)
    return said


def html(said: str) -> str:
    return str(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(said))


def tables_are_whole(said: str) -> bool:
    page = html(said)
    tables = re.findall(r"<table>.*?</table>", page, re.DOTALL)
    rows = [[len(re.findall("<t[hd][ >]", row)) for row in t.split("</tr>")[:-1]] for t in tables]
    return bool(tables) and all(len(set(cells)) == 1 for cells in rows)


def test_two_answers_are_held_against_each_other(tmp_path: Path) -> None:
    both = study("gp"), study("tpe", gain=-0.03, sampler="tpe")
    said = text(tmp_path, *both)
    folder = tmp_path / "gp-vs-tpe"
    assert {path.name for path in folder.iterdir()} == {
        *("README.md", "anytime.png", "comparison.json")
    }
    assert (folder / "anytime.png").stat().st_size < 150_000
    assert re.search(r"gp is better than tpe by 2\.9\d points on test: the intervals", said)
    assert "paired t, 3 seeds" in said
    assert "which is few" in said
    assert "| sampler | what was searched, and how | auto | tpe |" in said
    assert "One search each stands for gp and tpe" in said
    assert "(../gp/README.md)" in said
    assert tables_are_whole(said)
    told = json.loads((folder / "comparison.json").read_text(), parse_constant=pytest.fail)
    assert told["studies"] == ["gp", "tpe"]
    assert told["differences"][0]["verdict"] == "better"
    assert [each["study"] for each in told["summaries"]] == ["gp", "tpe"]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_comparison(both, tmp_path)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_same_study_twice_shows_no_difference(tmp_path: Path) -> None:
    said = text(tmp_path, study("one"), study("two"))
    assert "one and two are the same on test, on every seed." in said
    assert "## What differs between the studies" not in said


def test_unrelated_studies_compare_by_cost_alone(tmp_path: Path) -> None:
    said = text(tmp_path, study("cifar"), regression.confirmed())
    assert "Values compare only within (cifar) and (boston)." in said
    assert "Between them only costs compare." in said
    assert "The storage does not say which data boston is about" in said
    assert "| MSE |" in said
    assert "## Differences" not in said
    assert not (tmp_path / "cifar-vs-boston" / "anytime.png").exists()


def test_a_study_without_a_confirmation_and_one_of_one_trial_are_told(tmp_path: Path) -> None:
    one = made.empty("one")
    made.add(one, made.DEFAULTS, attrs={"baseline": "default"})
    said = text(tmp_path, study("cifar"), made.searched("rough"), one, made.empty("none"))
    assert "No difference is judged with rough: it is not confirmed" in said
    assert "No difference is judged with none: no trial is complete with a finite value." in said
    assert tables_are_whole(said)


def test_methods_have_a_table_of_their_own(tmp_path: Path) -> None:
    studies = [
        study(f"{name}{seed}", seed=seed, gain=gain + 0.002 * seed, sampler=name)
        for name, gain in (("gp", 0.01), ("tpe", -0.01))
        for seed in (0, 1)
    ]
    said = text(tmp_path, *studies)
    assert "- gp0 (2 searches): gp0, gp1" in said
    assert "Over whole searches, each one value: " in said
    assert "bootstrap over searches" in said


def test_answers_that_were_kept_are_compared_by_example(tmp_path: Path) -> None:
    one, artifacts = answered.digits()
    other, _ = answered.digits(optuna.storages.InMemoryStorage())
    said = write_comparison((one, other), tmp_path, artifacts.get).read_text()
    assert "all 900 answered alike" in said


def test_nothing_a_study_says_is_markup(tmp_path: Path) -> None:
    first, other = study("one"), study("two", sampler=EVIL, seed=1)
    for each in (first, other):
        each.set_user_attr(StudyAttr.QUESTION, EVIL)
        each.set_user_attr(StudyAttr.ENVIRONMENT, {"cpu": f"{EVIL}{each.study_name}"})
    other.set_user_attr(StudyAttr.DATASET, {"name": EVIL, "fingerprint": EVIL})
    page = html(text(tmp_path, first, other))
    assert "<script" not in page
    assert 'javascript:x"' not in page
    assert set(re.findall('<img src="([^"]+)"', page)) <= {"anytime.png"}


def test_folder_names_are_bounded_and_tell_the_studies_apart() -> None:
    assert folder_name(["a", "b", "c"]) == "a-vs-b-vs-c"
    long = folder_name(["a" * 90, "b" * 90])
    assert len(long) == 100
    assert long != folder_name(["a" * 90, "c" * 90])
    assert long == folder_name(["a" * 90, "b" * 90])
    assert len({folder_name(["a-vs-b", "c"]), folder_name(["a", "b-vs-c"])}) == 2


def test_the_report_of_a_study_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "one-vs-two").mkdir()
    (tmp_path / "one-vs-two" / "summary.json").write_text("{}")
    with pytest.raises(ReportError, match="a study of that name has its report there"):
        write_comparison((study("one"), study("two")), tmp_path)
