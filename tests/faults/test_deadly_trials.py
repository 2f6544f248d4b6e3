"""A trial that always kills whoever trains it: four times and no more, and the study goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from nia_optuna.record import TrialAttr
from tests.faults.runs import ROOT, ran

pytestmark = pytest.mark.slow

ATTEMPTS = 4
LEASE = 1.0
DEADLY = '''
import os
import signal
from dataclasses import dataclass

from nia_optuna import MLP, SGD, Budget, Recipe, Space, Synthetic, study


@dataclass(frozen=True)
class Deadly:
    def build(self, shape, classes):
        with open("BUILT", "a") as file:
            file.write(".")
        os.kill(os.getpid(), signal.SIGKILL)


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials=1, epochs=1, finalists=0),
    baselines={"alive": {"model": "alive"}},
    sampler="random",
)
def deadly(space: Space) -> Recipe:
    """Which network lives?"""
    return Recipe(space.one_of("model", kills, alive), SGD(lr=0.1))


def kills(space):
    return Deadly()


def alive(space):
    return MLP((space.integer("width", 4, 8, default=4),))
'''
# What `nia-optuna run --workers 0` does, with a shorter lease than a user would want.
COORDINATOR = """
import sys
from pathlib import Path

from nia_optuna.load import load
from nia_optuna.search.run import Machine, Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.training.device import Device

file, url, folder, lease = sys.argv[1:]
place = Place(Runs(Path(folder)), Path(folder), url, lease=float(lease))
run(load(file), place, Machine((Device("cpu"),), inline=True), print)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "deadly.py"
    file.write_text(DEADLY.replace("BUILT", str(tmp_path / "built")))
    return file


def check(file: Path, storage: str, reason: str) -> None:
    deadly, alive = optuna.load_study(study_name="deadly", storage=storage).trials
    assert deadly.state == TrialState.FAIL
    assert deadly.user_attrs[TrialAttr.FAILURE] == reason
    assert alive.state == TrialState.COMPLETE
    assert len(file.with_name("built").read_text()) == ATTEMPTS


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_trial_that_always_kills_its_trainer_fails_after_its_retries(
    file: Path, tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    storage = f"sqlite:///{tmp_path}/studies.db"
    if kind == "postgresql":
        storage = request.getfixturevalue("postgres_url")
    said = ran(tmp_path, str(file), "--workers", "1", "--storage", storage)
    assert said.count("it will be tried again") == ATTEMPTS - 1
    check(file, storage, f"the trainer died (signal SIGKILL), {ATTEMPTS} times")


def test_a_trial_that_always_kills_the_process_that_trains_it_by_itself_fails_after_its_retries(
    file: Path, tmp_path: Path
) -> None:
    """What was asked for beside it, and not begun, has lost no attempt."""
    two = file.read_text().replace("trials=1", "trials=2")
    file.write_text(
        two.replace("baselines={", 'baselines={"other": {"model": "alive", "alive.width": 6}, ')
    )
    storage = f"sqlite:///{tmp_path}/studies.db"
    words = [sys.executable, "-m", "nia_optuna", "run", str(file), "--workers", "0"]
    words += ["--storage", storage, "--data-dir", str(tmp_path / "data")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(ATTEMPTS):
        killed = subprocess.run(words, env=environment, cwd=tmp_path, check=False)
        assert killed.returncode == -signal.SIGKILL
    done = subprocess.run(
        words, env=environment, cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    reason = f"the process died that trained it (--workers 0), {ATTEMPTS} times"
    assert f"trial 0 failed: {reason}" in done.stderr
    deadly, *others = optuna.load_study(study_name="deadly", storage=storage).trials
    assert (deadly.state, deadly.user_attrs[TrialAttr.FAILURE]) == (TrialState.FAIL, reason)
    assert len(file.with_name("built").read_text()) == ATTEMPTS
    assert [t.state for t in others] == [TrialState.COMPLETE] * 2
    assert not [t for t in others if TrialAttr.ATTEMPTS in t.user_attrs]


def test_a_trial_that_always_kills_its_coordinator_fails_after_its_retries(
    file: Path, tmp_path: Path, postgres_url: str
) -> None:
    words = [sys.executable, "-c", COORDINATOR, str(file), postgres_url, str(tmp_path), str(LEASE)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ends = list[int]()
    while 0 not in ends:
        assert len(ends) <= ATTEMPTS
        done = subprocess.run(
            words, env=environment, check=False, capture_output=True, text=True, timeout=120
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        ends.append(done.returncode)
        time.sleep(1.5 * LEASE)  # until the others know that it is dead
    assert ends == [-signal.SIGKILL] * ATTEMPTS + [0]
    reason = f"its coordinator died or fell silent, and {ATTEMPTS} attempts were lost"
    check(file, postgres_url, reason)
