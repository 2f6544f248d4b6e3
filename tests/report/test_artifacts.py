from pathlib import Path
from uuid import uuid4

import optuna
import pytest
import typer
from optuna.artifacts import FileSystemArtifactStore, upload_artifact
from optuna.storages import RDBStorage
from typer.testing import CliRunner

from nia_optuna.cli.report import report
from nia_optuna.report.artifacts import artifacts
from tests.findings import answered


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "artifacts"
    folder.mkdir()
    return folder


def test_what_a_run_handed_to_the_store_is_found_by_its_id(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    artifact = upload_artifact(
        artifact_store=FileSystemArtifactStore(folder),
        file_path=str(tmp_path / "file"),
        study_or_trial=optuna.create_study(),
    )
    assert artifacts(folder)(artifact) == b"content"


def test_what_is_not_there_is_nothing(folder: Path) -> None:
    assert artifacts(folder)(str(uuid4())) is None
    assert artifacts(folder / "missing")(str(uuid4())) is None


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "secret", "", ".", "x\0y"])
def test_an_id_names_no_other_file(name: str, folder: Path) -> None:
    for place in (folder, folder.parent):
        (place / "secret").write_bytes(b"secret")
    assert artifacts(folder)(name) is None


def test_a_file_that_cannot_be_read_is_an_oserror(folder: Path) -> None:
    artifact = str(uuid4())
    (folder / artifact).mkdir()
    with pytest.raises(OSError, match="directory"):
        artifacts(folder)(artifact)


def test_the_command_finds_the_pictures_beside_the_database(folder: Path) -> None:
    runs = folder.parent
    _, contents = answered.digits(RDBStorage(f"sqlite:///{runs}/studies.db"))
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    app = typer.Typer()
    app.command()(report)
    words = ["--runs-dir", str(runs), "--reports-dir", str(runs / "reports")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert (runs / "reports" / "cifar_cnn" / "mistakes.png").exists()
