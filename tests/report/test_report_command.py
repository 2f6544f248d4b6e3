import json
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
import typer
from optuna.storages import RDBStorage
from typer.testing import CliRunner

from nia_optuna.cli.report import report
from nia_optuna.report.files import ReportError
from nia_optuna.search.address import StorageError
from tests.findings import made

app = typer.Typer()
app.command()(report)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    storage = RDBStorage(f"sqlite:///{folder}/studies.db")
    made.searched("cifar_cnn", storage, trials=4)
    made.empty("lenet", storage)
    return folder


def test_without_names_every_study_is_written(runs: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--runs-dir", str(runs), "--reports-dir", str(tmp_path)])
    assert done.exit_code == 0, done.output
    names = ["cifar_cnn", "lenet"]
    readmes = [str(tmp_path / name / "README.md") for name in (*names, "")]
    assert done.stdout.splitlines() == readmes
    assert all((tmp_path / name / "README.md").exists() for name in names)


def test_json_is_all_there_is_on_stdout(runs: Path, tmp_path: Path) -> None:
    words = ["lenet", "--json", "--runs-dir", str(runs), "--reports-dir", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert [each["study"] for each in json.loads(done.stdout)] == ["lenet"]


def test_several_names_are_compared_and_json_stays_a_list_of_summaries(
    runs: Path, tmp_path: Path
) -> None:
    words = ["lenet", "cifar_cnn", "lenet", "--json", "--runs-dir", str(runs)]
    done = CliRunner().invoke(app, [*words, "--reports-dir", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert [each["study"] for each in json.loads(done.stdout)] == ["lenet", "cifar_cnn"]
    assert "study 'lenet' is named more than once: it is written once" in done.stderr
    assert str(tmp_path / "lenet-vs-cifar_cnn" / "README.md") in done.stderr
    assert "(lenet-vs-cifar_cnn/README.md)" in (tmp_path / "README.md").read_text()


def test_a_study_that_cannot_be_written_leaves_the_others_theirs(
    runs: Path, tmp_path: Path
) -> None:
    (tmp_path / "cifar_cnn").write_text("a file where its folder would be")
    done = CliRunner().invoke(app, ["--runs-dir", str(runs), "--reports-dir", str(tmp_path)])
    assert isinstance(done.exception, ReportError)
    assert str(done.exception) == "1 of 2 reports are not written"
    assert "cifar_cnn: not written: " in done.stderr
    assert (tmp_path / "lenet" / "README.md").exists()
    assert (tmp_path / "README.md").exists()


def test_one_name_twice_is_compared_with_nothing(runs: Path, tmp_path: Path) -> None:
    words = ["lenet", "lenet", "--runs-dir", str(runs), "--reports-dir", str(tmp_path)]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert not list(tmp_path.glob("*-vs-*"))


def test_a_misspelt_name_is_wrong_usage(runs: Path, tmp_path: Path) -> None:
    words = ["lenett", "--runs-dir", str(runs), "--reports-dir", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "did you mean lenet?" in done.output
    assert not list(tmp_path.iterdir())


def test_without_a_database_it_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no studies yet"):
        report([], runs_dir=tmp_path)


def test_a_name_that_is_no_folder_name_writes_nowhere(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    optuna.create_study(study_name="../../evil", storage=url)
    words = ["--storage", url, "--reports-dir", str(tmp_path / "reports")]
    assert CliRunner().invoke(app, ["../../evil", *words]).exit_code == 2
    assert not (tmp_path / "reports").exists()


def test_without_names_a_name_that_is_no_folder_name_is_passed_over(
    runs: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{runs}/studies.db"
    optuna.create_study(study_name="my study", storage=url)
    done = CliRunner().invoke(app, ["--storage", url, "--reports-dir", str(tmp_path / "r")])
    assert done.exit_code == 0
    assert "study 'my study' is passed over" in done.output
    assert (tmp_path / "r" / "cifar_cnn" / "README.md").exists()


def test_no_torch_is_loaded_to_write_a_report(runs: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from nia_optuna.cli.report import report;"
        "report([], runs_dir=Path(sys.argv[1]), reports_dir=Path(sys.argv[2]));"
        "assert 'torch' not in sys.modules"
    )
    words = [sys.executable, "-c", program, str(runs), str(tmp_path)]
    subprocess.run(words, check=True, capture_output=True)
