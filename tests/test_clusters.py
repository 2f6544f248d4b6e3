"""What docs/clusters holds for clusters is what their tools take, as far as they are here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from optuna.trial import TrialState

from nia_optuna.record import StudyAttr
from nia_optuna.search.storage import open_storage
from tests.postgres import server
from tests.test_documents import check

CLUSTERS = Path(__file__).parents[1] / "docs" / "clusters"
SLURM = CLUSTERS / "slurm.sh"
PASSWORD = "POSTGRES_PASSWORD"  # noqa: S105  # a variable's name
STUDY = """
from nia_optuna import MLP, SGD, Budget, Recipe, Space, study


@study(dataset="digits", budget=Budget(trials=6, epochs=2, finalists=1, seeds=2))
def tiny(space: Space) -> Recipe:
    \"\"\"How fast?\"\"\"
    return Recipe(MLP((8,)), SGD(lr=space.log("lr", 1e-2, 1.0, default=0.1)), batch_size=200)
"""


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((CLUSTERS / name).read_text()))


def test_kubernetes_takes_the_manifest() -> None:
    kinds = []
    for document in documents("kubernetes.yaml"):
        kubernetes_validate.validate(document, "1.33", strict=True)
        kinds.append(document["kind"])
    assert kinds == ["Service", "StatefulSet", "PersistentVolumeClaim", "Job"]


def test_the_job_runs_a_command_that_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, job = documents("kubernetes.yaml")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    check(container["args"], monkeypatch)
    assert container["args"][-1] == container["resources"]["limits"]["cpu"]
    told = {each["name"]: each.get("value") for each in container["env"]}
    assert told == {
        "NIA_OPTUNA_STORAGE": "postgresql+psycopg://nia@nia-postgres/nia",
        "PGPASSWORD": None,
    }


def test_compose_has_a_database_two_workers_and_a_dashboard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (made,) = documents("compose.yaml")
    services = made["services"]
    assert set(services) == {"postgres", "worker", "dashboard"}
    assert services["worker"]["deploy"]["replicas"] == 2
    for each in (services["worker"], services["dashboard"]):
        check(each["command"], monkeypatch)
        assert (CLUSTERS / each["build"]["context"] / "Dockerfile").exists()
        assert each["environment"]["PGPASSWORD"] == f"${{{PASSWORD}:?}}"
        volumes = {volume.split(":")[0] for volume in each["volumes"]}
        folders = {volume for volume in volumes if "/" in volume}
        assert all((CLUSTERS / folder).is_dir() for folder in folders)
        assert volumes - folders <= set(made["volumes"])


def test_slurms_script_says_what_it_needs() -> None:
    asked = [line.split("--")[1] for line in SLURM.read_text().splitlines() if "#SBATCH" in line]
    assert {option.split("=")[0] for option in asked} == {
        "job-name", "array", "cpus-per-task", "time", "requeue", "output", "signal"
    }  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if k != "NIA_OPTUNA_STORAGE"}
    refused = subprocess.run(
        ["bash", SLURM],  # noqa: S607
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "NIA_OPTUNA_STORAGE: is not set" in refused.stderr


@pytest.mark.slow
def test_two_tasks_of_slurms_array_share_a_study(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(STUDY)
    with server() as running:
        url = running.fresh_database()
        environment = {
            **os.environ,
            "NIA_OPTUNA_STORAGE": url,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        command = ["bash", str(SLURM), "tiny.py", "--workers", "1"]
        tasks = [
            subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE)
            for _ in range(2)
        ]
        said = [task.communicate(timeout=300)[1].decode() for task in tasks]
        assert [task.returncode for task in tasks] == [0, 0], said
        storage = open_storage(url, tmp_path / "runs", create=False)
        study = storage.get_study_id_from_name("tiny")
        states = [trial.state for trial in storage.get_all_trials(study)]
        confirmed = StudyAttr.CHOSEN in storage.get_study_user_attrs(study)
        storage.engine.dispose()
    assert states.count(TrialState.COMPLETE) + states.count(TrialState.PRUNED) == 6
    assert len(states) == 6
    assert confirmed
