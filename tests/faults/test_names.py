"""Case 16: a study's name is fit for a folder and for every storage, or refused in one line."""

from pathlib import Path

import optuna
import pytest
import sqlalchemy

from tests.faults.called import STUDY, called, content, refused

NAMES = [
    "",
    "x" * 600,
    "x" * 101,
    "a\0b",
    "../../x",
    "/etc/x",
    "a\nb",
    "<script>alert(1)</script>",
    ".hidden",
    "\N{SLIGHTLY SMILING FACE}",
    "a\u202eb",
    "my study",
]
RULE = "must be 1 to 100 of A-Z a-z 0-9 . _ - with no leading dot"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tiny.py").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tables(url: str) -> list[str]:
    engine = sqlalchemy.create_engine(url)
    found = sqlalchemy.inspect(engine).get_table_names()
    engine.dispose()
    return found


def test_run_takes_no_bad_name_and_makes_nothing_the_same_on_every_storage(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    postgres_url: str,
) -> None:
    before = content(folder)
    for name in NAMES:
        words = ("run", "tiny.py", "--workers", "0", "--name", name)
        here = called(monkeypatch, capfd, *words)
        there = called(monkeypatch, capfd, *words, "--storage", postgres_url)
        refused(here, 2, "study name ", RULE)
        assert here == there
    assert content(folder) == before
    assert tables(postgres_url) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_study_file_gives_no_bad_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    text = STUDY.replace("@study(", f"@study(name={name!r},")
    (folder / "tiny.py").write_text(text, encoding="utf-8")
    before = content(folder)
    said = called(monkeypatch, capfd, "run", "tiny.py", "--workers", "0")
    refused(said, 2, "tiny.py:5: study name ", RULE)
    assert content(folder) == before


def test_a_name_that_is_too_long_for_its_rehearsal_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("run", "tiny.py", "--workers", "0", "--quick", "--name", "x" * 100)
    refused(called(monkeypatch, capfd, *words), 2, RULE)
    assert not (folder / "runs").exists()


def test_who_reads_a_storage_finds_no_study_of_a_bad_name(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    postgres_url: str,
) -> None:
    (folder / "runs").mkdir()
    for url in (f"sqlite:///{folder}/runs/studies.db", postgres_url):
        optuna.create_study(study_name="tiny", storage=url)
    before, held = content(folder), tables(postgres_url)
    for command in ("status", "report", "predict"):
        for name in NAMES:
            here = called(monkeypatch, capfd, command, name)
            refused(here, 2, "no study is named ", "there are: tiny")
            if command == "status":  # the others look for it in the same way
                there = called(monkeypatch, capfd, command, name, "--storage", postgres_url)
                assert here == there
    assert content(folder) == before
    assert tables(postgres_url) == held
