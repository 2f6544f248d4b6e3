"""A role that may only read the database of others looks, asks and compares, and runs nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.served import serving
from tests.cli.test_run import TINY, call
from tests.postgres import url_of_reader


def test_a_role_that_may_only_read_does_everything_but_run(
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "tiny.py").write_text(TINY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIA_OPTUNA_STORAGE", postgres_url)
    assert call(monkeypatch, "run", "tiny.py", "--workers", "0", "--trials", "2") == 0
    monkeypatch.setenv("NIA_OPTUNA_STORAGE", url_of_reader(postgres_url))

    def document(*words: str) -> Any:  # noqa: ANN401  # any JSON
        capfd.readouterr()
        assert call(monkeypatch, *words, "--json") == 0
        return json.loads(capfd.readouterr().out)

    (told,) = document("status")
    assert told["trials"]["complete"] == 2
    found = document("run", "tiny.py", "--replay", "1")
    assert found["verdict"] in ("identical", "rounding")
    assert document("predict", "tiny", "--index", "0")
    assert document("report", "tiny")
    assert Path("reports/tiny/README.md").is_file()
    with serving(tmp_path / "runs") as served:
        (study,) = json.loads(served.ask("/api/studies")[2])["study_summaries"]
        status, _, body = served.ask(f"/api/studies/{study['study_id']}?after=0")
        assert (status, len(json.loads(body)["trials"])) == (200, 2)
        assert served.end() == ""
    capfd.readouterr()
    assert call(monkeypatch, "run", "tiny.py", "--workers", "0", "--trials", "3") == 1
    said = capfd.readouterr().err
    assert "permission denied" in said
    assert said.count("\n") == 1
