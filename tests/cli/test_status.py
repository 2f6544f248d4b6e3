import json
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
import typer
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from typer.testing import CliRunner

from nia_optuna.cli.status import status, table
from nia_optuna.findings.read import read
from nia_optuna.search.address import StorageError
from tests.findings import made

app = typer.Typer()
app.command()(status)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    storage = RDBStorage(f"sqlite:///{folder}/studies.db")
    made.confirmed("cifar_cnn", storage)
    made.empty("lenet", storage, question="Is [red]this[/red] \x1b[31mmarkup?")
    return folder


def test_without_a_database_it_says_how_to_start(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--runs-dir", str(tmp_path)])
    assert done.exit_code == 0
    assert "start one with: nia-optuna run STUDY.py" in done.stdout
    assert CliRunner().invoke(app, ["--json", "--runs-dir", str(tmp_path)]).stdout == "[]\n"


def test_a_row_shows_progress_best_and_baseline(runs: Path) -> None:
    done = CliRunner().invoke(app, ["--runs-dir", str(runs)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    row = next(line for line in done.stdout.splitlines() if line.startswith("cifar_cnn"))
    for cell in ("28/28, 1 running", "78.45 %", "76.16 %", "78.16 % ± 0.81", "2026-02-03"):
        assert cell in row


def test_the_best_falls_at_no_time_and_the_recommended_one_has_its_own_column() -> None:
    def cells(study: optuna.Study) -> list[str]:
        shown = table([read(study)])
        return [next(iter(column.cells)) for column in shown.columns]  # type: ignore[misc]

    before, after = cells(made.searched()), cells(made.confirmed())
    complete = made.searched().get_trials(states=(TrialState.COMPLETE,))
    best = max(trial.value or 0.0 for trial in complete)
    assert before[2] == after[2] == f"{100 * best:.2f} %"
    assert (before[4], after[4]) == ("—", "78.16 % ± 0.81")


def test_an_empty_database_is_an_answer_as_an_empty_folder_is(postgres_url: str) -> None:
    done = CliRunner().invoke(app, ["--json", "--storage", postgres_url])
    assert (done.exit_code, done.stdout) == (0, "[]\n")
    done = CliRunner().invoke(app, ["--storage", postgres_url])
    assert done.exit_code == 0
    assert "no studies yet in postgresql" in done.stdout
    named = CliRunner().invoke(app, ["lenet", "--storage", postgres_url])
    assert isinstance(named.exception, StorageError)


def test_a_narrow_terminal_cuts_no_number(runs: Path) -> None:
    done = CliRunner().invoke(app, ["--runs-dir", str(runs)], env={"COLUMNS": "90"})
    for cell in ("cifar_cnn", "28/28, 1 running", "78.45 %", "78.16 % ± 0.81", "2026-02-03"):
        assert cell in done.stdout
    assert "question" not in done.stdout
    wide = CliRunner().invoke(app, ["--runs-dir", str(runs)], env={"COLUMNS": "140"})
    assert "Which plain CNN learns" in wide.stdout


def test_markup_and_escapes_in_a_question_do_nothing(runs: Path) -> None:
    done = CliRunner().invoke(app, ["lenet", "--runs-dir", str(runs)], env={"COLUMNS": "200"})
    assert "Is [red]this[/red]  [31mmarkup?" in done.stdout
    assert "\x1b" not in done.stdout


def test_json_is_one_document_and_nothing_else(runs: Path) -> None:
    done = CliRunner().invoke(app, ["--json", "--runs-dir", str(runs)])
    found = json.loads(done.stdout, parse_constant=pytest.fail)
    assert [each["study"] for each in found] == ["cifar_cnn", "lenet"]
    assert found[0]["trials"]["complete"] == 20


def test_a_misspelt_name_is_wrong_usage(runs: Path) -> None:
    done = CliRunner().invoke(app, ["cifar", "--runs-dir", str(runs)])
    assert done.exit_code == 2
    assert "did you mean cifar_cnn?" in done.output


def test_neither_torch_nor_pandas_is_loaded(runs: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from nia_optuna.cli.status import status;"
        "status(runs_dir=Path(sys.argv[1]));"
        "assert not {'torch', 'pandas', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, str(runs)], check=True, capture_output=True)
