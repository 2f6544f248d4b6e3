import json
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import pytest
from optuna.artifacts import FileSystemArtifactStore, upload_artifact
from optuna.storages import RDBStorage

from nia_optuna.cli.dashboard import DashboardError, dashboard
from nia_optuna.search.address import StorageError
from tests.cli.served import Served, free_port, serving
from tests.findings import made


@contextmanager
def one_study(*words: str) -> Iterator[tuple[Served, Path, str]]:
    """Serve a storage with one study and one artifact."""
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
        with serving(runs, *words) as served:
            yield served, runs, artifact


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Served, Path, str]]:
    with one_study() as found:
        yield found


@pytest.fixture(scope="module")
def served(place: tuple[Served, Path, str]) -> Served:
    return place[0]


@pytest.fixture(scope="module")
def runs(place: tuple[Served, Path, str]) -> Path:
    return place[1]


@pytest.fixture(scope="module")
def artifact(place: tuple[Served, Path, str]) -> str:
    return place[2]


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
def test_nothing_can_be_changed(served: Served, runs: Path, method: str) -> None:
    status, headers, _ = served.ask("/api/studies/1", method, "{}")
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    storage = f"sqlite:///{runs}/studies.db"
    assert optuna.get_all_study_names(storage) == ["cifar_cnn"]


def test_artifacts_are_downloads_that_run_nothing(served: Served, artifact: str) -> None:
    status, headers, body = served.ask(f"/artifacts/1/{artifact}")
    assert (status, body) == (200, b"<script>alert(1)</script>")
    assert headers["content-disposition"] == "attachment"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox")
    assert "access-control-allow-origin" not in headers


def test_only_with_allow_edit_can_a_study_be_deleted() -> None:
    with one_study("--allow-edit") as (served, _, _):
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


def test_a_port_in_use_is_one_line(served: Served, runs: Path) -> None:
    with pytest.raises(DashboardError, match=f"cannot listen on port {served.port} of 127.0.0.1"):
        dashboard(runs_dir=runs, port=served.port)


def test_beyond_loopback_nothing_is_answered_without_the_token(runs: Path) -> None:
    with serving(runs, host="127.0.0.2") as served:
        home, token = served.address.split("?token=")
        assert home == f"http://127.0.0.2:{served.port}/"
        assert len(token) >= 43  # 256 bits
        for path in ("/", "/api/studies", "/static/bundle.js", "/?token=", "/?token=wrong"):
            assert served.ask(path)[0] == 403, path
        assert served.ask("/api/studies", Host=f"localhost:{served.port}")[0] == 403
        status, headers, _ = served.ask(f"/dashboard?token={token}")
        assert (status, headers["location"]) == (303, "/")
        cookie, *attributes = headers["set-cookie"].split("; ")
        assert {"HttpOnly", "SameSite=Strict"} <= set(attributes)
        assert served.ask("/api/studies", Cookie=cookie)[0] == 200
        assert served.ask("/api/studies", Cookie=cookie + "x")[0] == 403
        assert served.ask("/api/studies/1", "DELETE", "{}", Cookie=cookie)[0] == 405
        said = served.end()
    assert "nothing is encrypted on the way" in said
    assert "ssh -L" in said
    assert token not in said


def test_an_address_that_is_not_this_machines_is_one_line(runs: Path) -> None:
    for host in ("192.0.2.1", "no such host", "x" * 70):
        with pytest.raises(DashboardError, match=f"{host[:20]}"):
            dashboard(runs_dir=runs, host=host, port=free_port())


def test_without_a_database_it_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no studies yet"):
        dashboard(runs_dir=tmp_path)
