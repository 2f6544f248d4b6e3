import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import optuna
import pytest
import typer
from optuna.artifacts import FileSystemArtifactStore, upload_artifact
from optuna.storages import RDBStorage
from typer.testing import CliRunner

from nia_optuna.cli.dashboard import DashboardError, dashboard
from nia_optuna.search.storage import StorageError
from tests.findings import made

PROGRAM = "import typer; from nia_optuna.cli.dashboard import dashboard; typer.run(dashboard)"


@dataclass(frozen=True)
class Served:
    """A dashboard in a process of its own, on a storage with one study and one artifact."""

    port: int
    runs: Path
    artifact: str

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers={**headers})
        answer = connection.getresponse()
        found = (answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        connection.close()
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(*words: str) -> Iterator[Served]:
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        study = made.searched("cifar_cnn", RDBStorage(f"sqlite:///{runs}/studies.db"), trials=4)
        page = runs / "page.html"
        page.write_text("<script>alert(1)</script>")
        store = FileSystemArtifactStore(runs / "artifacts")
        (runs / "artifacts").mkdir()
        artifact = upload_artifact(
            artifact_store=store, file_path=str(page), study_or_trial=study, mimetype="text/html"
        )
        port = free_port()
        command = [sys.executable, "-c", PROGRAM, "--runs-dir", folder, "--port", str(port), *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith(f"dashboard at http://127.0.0.1:{port}/")
            yield Served(port, runs, artifact)
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving() as found:
        yield found


def test_the_page_and_the_studies_are_served(served: Served) -> None:
    assert served.ask("/")[0] == 302
    status, headers, body = served.ask("/dashboard")
    assert status == 200
    assert b"<html" in body.lower()
    assert "script-src 'self'" in headers["content-security-policy"]
    studies = json.loads(served.ask("/api/studies")[2])["study_summaries"]
    assert [study["study_name"] for study in studies] == ["cifar_cnn"]


@pytest.mark.parametrize(
    "host", ["evil.example.org", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"]
)
def test_a_foreign_host_is_refused(served: Served, host: str) -> None:
    assert served.ask("/api/studies", Host=host)[0] == 403


def test_localhost_is_the_same_machine(served: Served) -> None:
    assert served.ask("/api/studies", Host=f"localhost:{served.port}")[0] == 200


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused(served: Served, origin: str) -> None:
    assert served.ask("/api/studies", Origin=origin)[0] == 403


@pytest.mark.parametrize("method", ["DELETE", "POST", "PUT", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(served: Served, method: str) -> None:
    status, headers, _ = served.ask("/api/studies/1", method, "{}")
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    storage = f"sqlite:///{served.runs}/studies.db"
    assert optuna.get_all_study_names(storage) == ["cifar_cnn"]


def test_artifacts_are_downloads_that_run_nothing(served: Served) -> None:
    status, headers, body = served.ask(f"/artifacts/1/{served.artifact}")
    assert (status, body) == (200, b"<script>alert(1)</script>")
    assert headers["content-disposition"] == "attachment"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox")
    assert "access-control-allow-origin" not in headers


def test_only_with_allow_edit_can_a_study_be_deleted() -> None:
    with serving("--allow-edit") as served:
        origin = f"http://127.0.0.1:{served.port}"
        json_type = {"Content-Type": "application/json"}
        foreign = served.ask("/api/studies/1", "DELETE", "{}", Origin="http://evil", **json_type)
        assert foreign[0] == 403
        assert served.ask("/api/studies/1", "DELETE", "{}", Origin=origin, **json_type)[0] == 204


def test_two_readers_are_served_at_once(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)):  # connects and says nothing
        begun = time.monotonic()
        assert served.ask("/api/studies")[0] == 200
        assert time.monotonic() - begun < 10


def test_a_port_in_use_is_one_line(served: Served) -> None:
    with pytest.raises(DashboardError, match=f"cannot listen on port {served.port} of 127.0.0.1"):
        dashboard(runs_dir=served.runs, port=served.port)


def test_others_are_not_let_in(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(dashboard)
    done = CliRunner().invoke(app, ["--host", "0.0.0.0", "--runs-dir", str(tmp_path)])  # noqa: S104
    assert done.exit_code == 2
    assert "there is no login" in done.output


def test_without_a_database_it_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no studies yet"):
        dashboard(runs_dir=tmp_path)
