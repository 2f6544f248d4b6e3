"""Trainers across a Ray cluster of two nodes, real processes on this machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from nia_optuna.architectures import MLP
from nia_optuna.cli.cluster import OnRay
from nia_optuna.data import Source, Synthetic, Table, open_data, silent
from nia_optuna.load import load
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.executor import ExecutorError
from nia_optuna.search.protocol import Finished, Message, Run, Start, Train
from nia_optuna.search.ray_cluster import Node, connect, look, nodes, room, threads_each
from nia_optuna.search.ray_executor import RayTrainers
from nia_optuna.search.ray_trainer import Setting, Wanted
from nia_optuna.search.run import Place, run
from nia_optuna.search.trainer import Material
from nia_optuna.search.watch import Advanced, Ended, Event, Said
from nia_optuna.training.training import Training
from tests.search.small import small

ROOT = Path(__file__).parents[2]
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)

RAY = ("--executor", "ray", "--json", "--data-dir")

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")

STUDY = '''
import time
from dataclasses import dataclass

from heads_beside import Head
from torch import nn

from nia_optuna import SGD, Budget, Recipe, Space, study


class Waits(nn.Module):
    def forward(self, x):
        time.sleep(SECONDS)
        return x


@dataclass(frozen=True)
class Own:
    head: Head

    def build(self, shape, classes):
        inputs = shape[0] * shape[1] * shape[2]
        return nn.Sequential(nn.Flatten(), Waits(), nn.Linear(inputs, classes, self.head.bias))


@study(
    dataset="digits",
    budget=Budget(trials=TRIALS, epochs=EPOCHS, finalists=FINALISTS, seeds=1),
    sampler="random",
    pruner="none",
)
def own(space: Space) -> Recipe:
    """Does a bias help?"""
    head = Head(space.choice("bias", (True, False), default=True))
    return Recipe(Own(head), SGD(lr=space.log("lr", 1e-3, 1.0, default=0.1)), batch_size=128)
'''

NEIGHBOUR = """
from dataclasses import dataclass


@dataclass(frozen=True)
class Head:
    bias: bool
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes with one processor each."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "include_dashboard": False}
    started = Cluster(initialize_head=True, head_node_args=head)
    started.add_node(num_cpus=1)
    yield started
    ray.shutdown()
    started.shutdown()


@pytest.fixture
def joined(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:  # noqa: ANN401
    """The cluster, which this process belongs to until the test ends."""
    import ray

    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    yield cluster
    ray.shutdown()


def study_file(folder: Path, **settings: float) -> Path:
    text = STUDY
    for name, value in settings.items():
        text = text.replace(name, str(value))
    (folder / "heads_beside.py").write_text(NEIGHBOUR)
    file = folder / "own.py"
    file.write_text(text)
    return file


@needs_ray
@pytest.mark.slow
def test_a_study_runs_over_two_nodes_with_classes_and_neighbours_of_its_own(
    cluster: Any,  # noqa: ANN401  # Ray has no types
    tmp_path: Path,
) -> None:
    file = study_file(tmp_path, TRIALS=4, EPOCHS=2, FINALISTS=1, SECONDS=0.02)
    done = subprocess.run(
        [sys.executable, "-m", "nia_optuna", "run", str(file), *RAY, str(tmp_path / "data")],
        cwd=tmp_path,
        env={**os.environ, "RAY_ADDRESS": cluster.address, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["trials"]["complete"] == 4
    stored = optuna.load_study(study_name="own", storage=f"sqlite:///{tmp_path}/runs/studies.db")
    assert {t.user_attrs[TrialAttr.WORKER] for t in stored.trials} == {0, 1}
    # Weights and answers came here from the nodes; the weights that were not chosen stay beside.
    chosen = stored.user_attrs[StudyAttr.CHOSEN]["checkpoint"]
    assert (tmp_path / "runs" / "checkpoints" / "own" / chosen).stat().st_size > 0
    scored = [r for r in stored.user_attrs[StudyAttr.CONFIRMATION].values() if "test" in r]
    assert scored
    assert all(record["predictions"] for record in scored)
    assert (tmp_path / "data").is_dir()


@needs_ray
@pytest.mark.slow
def test_a_node_that_is_lost_costs_an_attempt_and_its_trainer_comes_back_with_the_next(
    joined: Any,  # noqa: ANN401  # Ray has no types
    place: Place,
    tmp_path: Path,
) -> None:
    file = study_file(tmp_path, TRIALS=8, EPOCHS=6, FINALISTS=0, SECONDS=0.04)
    study = load(str(file))
    (lost,) = [node for node in joined.list_all_nodes() if node is not joined.head_node]
    (raylet,) = lost.all_processes["raylet"]
    events: list[Event] = []

    def strike(event: Event) -> None:
        if isinstance(event, Advanced) and not any(isinstance(e, Advanced) for e in events):
            joined.remove_node(lost, allow_graceful=False)
        if isinstance(event, Ended) and not any(isinstance(e, Ended) for e in events):
            joined.add_node(num_cpus=1)
        events.append(event)

    machine = OnRay("ray", "cpu", "auto", None).machine(study, place.data_dir)
    assert len(machine.devices) == 2
    stored = run(study, place, machine, strike)
    assert raylet.process.returncode == -signal.SIGKILL
    assert [t.state for t in stored.trials] == [TrialState.COMPLETE] * 8
    attempts = [t.user_attrs.get(TrialAttr.ATTEMPTS, 0) for t in stored.trials]
    assert sorted(attempts) == [0] * 7 + [2]
    assert [e.text for e in events if isinstance(e, Said) and "the trainer died" in e.text]
    # No trial had ended when the node went: those of its trainer were trained when it was back.
    assert {t.user_attrs[TrialAttr.WORKER] for t in stored.trials} == {0, 1}


@dataclass
class Team:
    """Trainers for small data, and what was said of them."""

    folder: Path
    source: Source
    fingerprint: str
    said: list[Event] = field(default_factory=list)

    def trainers(self, count: int, gpus: float = 0) -> RayTrainers:
        connect("ray")
        wanted = Wanted("cpu", 1, float32=True, data_dir=self.folder, version=version("nia-optuna"))
        device, found = look(wanted, gpus)
        material = Material(self.source, self.folder, 0.25, None, "standard")
        setting = Setting(wanted, material, None, found.environment, self.fingerprint)
        return RayTrainers(setting, found, [device] * count, self.said.append)


def team(folder: Path, source: Source) -> Team:
    return Team(folder, source, open_data(source, folder, silent).fingerprint)


def order(number: int) -> Train:
    recipe = Recipe(MLP((4,)), SGD(lr=0.1), batch_size=8)
    return Train((Start(Run(number, 1), 0, Training(recipe, epochs=1)),))


def poll_until(trainers: RayTrainers, done: Callable[[], bool]) -> list[tuple[int, Message]]:
    """Return what the trainers say until then."""
    messages, ends = list[tuple[int, Message]](), time.monotonic() + 120
    while not done():
        assert time.monotonic() < ends
        messages += trainers.poll(0.2)
    return messages


@needs_ray
@pytest.mark.slow
def test_a_node_that_joins_with_other_data_is_left_out_and_the_others_go_on(
    joined: Any,  # noqa: ANN401  # Ray has no types
    tmp_path: Path,
) -> None:
    table = tmp_path / "homes.csv"
    lines = ["size,kind", *(f"{number},{'ab'[number % 2]}" for number in range(40))]
    table.write_text("\n".join(lines))
    made = team(tmp_path / "data", Table(table, "kind", classes=True))
    trainers = made.trainers(3)
    try:
        poll_until(trainers, lambda: trainers.free == 2)
        table.write_text("\n".join([*lines, "40,a"]))
        late = joined.add_node(num_cpus=1)
        poll_until(trainers, lambda: bool(made.said))
        (said,) = made.said
        assert isinstance(said, Said)
        assert "is left out: DataError: homes is" in said.text
        trainers.send(order(0))
        messages = poll_until(trainers, lambda: trainers.busy == 0)
        assert isinstance(messages[-1][1], Finished)
        assert trainers.free == 2
    finally:
        trainers.close()
    joined.remove_node(late)
    # Where all are so, there is nobody to go on.
    import ray

    ray.shutdown()
    others = made.trainers(2)
    with pytest.raises(ExecutorError, match="a trainer could not start: DataError: homes is"):
        poll_until(others, lambda: False)
    others.close()


@needs_ray
@pytest.mark.slow
def test_four_trainers_share_a_gpu_and_the_fifth_waits(
    joined: Any,  # noqa: ANN401  # Ray has no types
    tmp_path: Path,
) -> None:
    """The GPU is one that Ray was told of; the trainers do without."""
    node = joined.add_node(num_cpus=5, num_gpus=1)
    made = team(tmp_path, Synthetic(shape=(1, 6, 6), classes=3, train=60, test=20))
    trainers = made.trainers(5, gpus=0.25)
    try:
        import ray

        assert room(nodes(), 0.25) == 4
        poll_until(trainers, lambda: trainers.free == 4)
        assert ray.available_resources().get("GPU", 0) == 0
        for number in range(4):
            trainers.send(order(number))
        assert (trainers.free, trainers.busy) == (0, 4)
        messages = poll_until(trainers, lambda: trainers.busy == 0)
        assert len({worker for worker, each in messages if isinstance(each, Finished)}) == 4
        assert trainers.free == 4
    finally:
        trainers.close()
    joined.remove_node(node)


@needs_ray
@pytest.mark.slow
def test_a_cluster_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who listens does so on loopback alone."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{other.getsockname()[1]}")
        begun = time.monotonic()
        with pytest.raises(ExecutorError, match="does not answer; Ray takes this machine's"):
            connect("ray")
        assert time.monotonic() - begun < 75


MIXED = (Node(cpus=8, gpus=2), Node(cpus=2, gpus=1), Node(cpus=16, gpus=0), Node(cpus=0, gpus=0))


@pytest.mark.parametrize(
    ("gpus", "threads", "count"),
    [(0, 1, 26), (0, 4, 6), (1, 1, 3), (0.25, 1, 10), (0.1, 1, 10), (0.4, 1, 6), (2, 1, 1)],
)
def test_trainers_find_room_node_by_node(gpus: float, threads: int, count: int) -> None:
    assert room(MIXED, gpus, threads) == count


@pytest.mark.parametrize("workers", ["auto", "4"])
def test_a_cluster_that_never_has_room_is_refused_however_many_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setattr("nia_optuna.search.ray_cluster.connect", lambda _: None)
    monkeypatch.setattr("nia_optuna.search.ray_cluster.nodes", lambda: (Node(cpus=8, gpus=0),))
    asked = OnRay("ray", "cuda", workers, None)
    with pytest.raises(ExecutorError, match="no node of the Ray cluster has 1 of a GPU"):
        asked.machine(small, Path())


@pytest.mark.parametrize(("count", "threads"), [(1, 16), (2, 8), (3, 8), (4, 5), (26, 1), (99, 1)])
def test_fewer_trainers_have_as_many_threads_as_all_of_them_find(count: int, threads: int) -> None:
    assert threads_each(MIXED, count) == threads
