"""Trainers and coordinators that are killed, and the same command again."""

import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from benchmarks.soak.coordinator import trainers_of
from benchmarks.soak.sight import look
from nia_optuna.findings.elapsed import elapsed
from nia_optuna.findings.read import read
from nia_optuna.findings.timeline import timeline
from nia_optuna.load import load
from nia_optuna.record import TrialAttr
from nia_optuna.search.run import Machine, Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.search.storage import open_storage
from nia_optuna.search.watch import Advanced, Event
from tests.faults.slow import SLOW_NETWORK
from tests.search.small import CPU, INLINE, small
from tests.search.test_extension import one_more

ROOT = Path(__file__).parents[2]
DIGITS = str(ROOT / "studies" / "digits_mlp.py")
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
EPOCHS = 16  # of the slow network
LEASE = 2.0


def trials(url: str, study: str) -> list[FrozenTrial]:
    return optuna.load_study(study_name=study, storage=url).trials


def attempts(trial: FrozenTrial) -> int:
    return int(trial.user_attrs.get(TrialAttr.ATTEMPTS, 1))


def wait_until(condition: Callable[[], object], within: float = 60) -> None:
    ends = time.monotonic() + within
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/runs/studies.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.mark.slow
def test_a_trial_whose_trainer_was_killed_goes_on_from_where_it_stood(tmp_path: Path) -> None:
    file, steps = tmp_path / "slow.py", tmp_path / "steps"
    file.write_text(SLOW_NETWORK.replace("STEPS", str(steps)))
    place = Place(Runs(tmp_path / "runs"), tmp_path / "data")
    told: list[int] = []

    def kill_once(event: Event) -> None:
        if isinstance(event, Advanced):
            told.append(event.epoch.number)
            if len(told) == 12:
                for child in multiprocessing.active_children():
                    child.kill()

    stored = run(load(str(file)), place, Machine((CPU,)), kill_once)
    (trial,) = stored.trials
    assert trial.state == TrialState.COMPLETE
    assert attempts(trial) == 2
    numbers = [epoch["number"] for epoch in trial.user_attrs[TrialAttr.CURVE]]
    assert numbers == list(range(1, EPOCHS + 1))
    # Of the twelve before the kill those since the tenth second at most were trained again.
    assert len(steps.read_text()) < EPOCHS + 6
    assert not list(place.runs.standings.rglob("*.safetensors"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=str)
def test_what_an_interrupted_run_had_begun_goes_on_from_where_it_stood(
    tmp_path: Path, number: signal.Signals
) -> None:
    steps = tmp_path / "steps"
    (tmp_path / "slow.py").write_text(SLOW_NETWORK.replace("STEPS", str(steps)))
    command = [sys.executable, "-m", "nia_optuna", "run", "slow.py", "--workers", "1"]
    url = f"sqlite:///{tmp_path}/runs/studies.db"

    def kept() -> list[Path]:
        return list(tmp_path.rglob("standings/*/*/*.safetensors"))

    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as first:
        wait_until(kept)
        first.send_signal(number)
    (left,) = trials(url, "slow")
    killed = number == signal.SIGKILL
    assert left.state == (TrialState.RUNNING if killed else TrialState.WAITING)
    assert kept()
    subprocess.run([*command, "--json"], cwd=tmp_path, check=True, capture_output=True)
    (trial,) = trials(url, "slow")
    # Whoever claims the study knows that nothing runs: it costs no attempt.
    assert (trial.state, attempts(trial)) == (TrialState.COMPLETE, 1)
    assert len(steps.read_text()) < EPOCHS + 6  # the first had trained ten epochs or so
    assert not kept()
    # It cost what both runs trained of it, and its bar is what the second did.
    facts = read(optuna.load_study(study_name="slow", storage=url))
    seen, ends = timeline(facts), elapsed(facts)
    assert seen is not None
    (bar,) = seen.bars
    assert bar.end - bar.start < trial.user_attrs[TrialAttr.SECONDS]
    assert ends == {0: bar.end}


@pytest.mark.slow
def test_what_a_killed_coordinator_of_several_had_begun_goes_on_from_where_it_stood(
    tmp_path: Path, postgres_url: str
) -> None:
    steps = tmp_path / "steps"
    (tmp_path / "slow.py").write_text(SLOW_NETWORK.replace("STEPS", str(steps)))
    command = [sys.executable, "-m", "benchmarks.soak.hasty", "run", str(tmp_path / "slow.py")]
    command += ["--storage", postgres_url, "--runs-dir", str(tmp_path / "runs"), "--workers", "1"]

    def is_under_way() -> bool:
        return steps.exists() and len(steps.read_text()) > EPOCHS // 2

    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as first:
        wait_until(is_under_way)
        first.kill()
    (left,) = trials(postgres_url, "slow")
    assert left.state == TrialState.RUNNING
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (trial,) = trials(postgres_url, "slow")
    assert (trial.state, attempts(trial)) == (TrialState.COMPLETE, 2)
    assert len(steps.read_text()) < EPOCHS + EPOCHS // 2
    assert not list(tmp_path.rglob("standings/*/*/*.safetensors"))


@pytest.mark.slow
def test_a_killed_run_leaves_no_trainers_and_the_next_one_takes_up_its_trials(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/runs/studies.db"
    words = [sys.executable, "-m", "nia_optuna", "run", DIGITS, "--workers", "2"]
    words += ["--runs-dir", str(tmp_path / "runs"), "--trials"]
    with subprocess.Popen([*words, "30"], stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if line.startswith("[3/30]"):
                trainers = trainers_of(running.pid)
                running.kill()
                break
    assert len(trainers) == 2
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in trainers), within=20)
    left = trials(url, "digits_mlp")
    assert [t for t in left if t.state == TrialState.RUNNING]
    again = subprocess.run([*words, "6"], capture_output=True, text=True, check=False, timeout=300)
    assert again.returncode == 0, again.stderr
    states = [t.state for t in trials(url, "digits_mlp")]
    assert TrialState.RUNNING not in states
    assert sum(state in FINISHED for state in states) == 6


@pytest.mark.slow
@pytest.mark.parametrize("point", ["claimed", "asked", "counted"])
def test_a_trial_is_tried_again_wherever_its_coordinator_died(
    point: str, url: str, tmp_path: Path
) -> None:
    """Between claim, ask and first epoch, and while a lost attempt is counted."""
    module = [sys.executable, "-m", "tests.faults.struck"]
    struck = subprocess.run(
        [*module, point, url, str(tmp_path), str(LEASE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert struck.returncode == -signal.SIGKILL, struck.stderr
    before = [t for t in trials(url, "small") if t.state == TrialState.RUNNING]
    assert before
    assert max(map(attempts, before)) == 1
    place = Place(Runs(tmp_path / "runs"), tmp_path / "data", url, lease=LEASE)
    run(small, place, INLINE, lambda _: None)
    after = trials(url, "small")
    assert [t.state in FINISHED for t in after] == [True] * small.budget.trials
    # Among several coordinators it cannot be known whose doing the death was.
    costs = 1 if url.startswith("postgresql") else 0
    for trial in before:
        again = after[trial.number]
        assert again.params | trial.params == again.params
        assert attempts(again) == attempts(trial) + costs


@pytest.mark.slow
def test_a_study_that_is_extended_takes_along_what_a_killed_run_had_ended_and_not_told(
    url: str, tmp_path: Path
) -> None:
    module = [sys.executable, "-m", "tests.faults.struck"]
    struck = subprocess.run([*module, "ended", url, str(tmp_path), str(LEASE)], check=False)
    assert struck.returncode == -signal.SIGKILL
    (kept,) = (tmp_path / "runs" / "outbox").glob("small/*/*.json")
    number = json.loads(kept.read_text())["number"]
    assert trials(url, "small")[number].state == TrialState.RUNNING
    place = Place(Runs(tmp_path / "runs"), tmp_path / "data", url, lease=LEASE)
    wider = replace(small, draw=one_more("more", small.draw))
    made = run(wider, place, INLINE, lambda _: None, extend="small")
    ended = {t.number for t in trials(url, "small") if t.state in FINISHED}
    assert number in ended
    assert {t.user_attrs.get(TrialAttr.MIGRATED) for t in made.trials} - {None} == ended
    assert not kept.exists()


@pytest.mark.slow
def test_what_a_killed_run_was_training_waits_again_in_a_study_that_is_extended(
    url: str, tmp_path: Path
) -> None:
    module = [sys.executable, "-m", "tests.faults.struck"]
    struck = subprocess.run([*module, "asked", url, str(tmp_path), str(LEASE)], check=False)
    assert struck.returncode == -signal.SIGKILL
    before = {t.number for t in trials(url, "small") if t.state == TrialState.RUNNING}
    assert before
    place = Place(Runs(tmp_path / "runs"), tmp_path / "data", url, lease=LEASE)
    shared = url.startswith("postgresql")
    time.sleep(2 * LEASE if shared else 0)  # until nobody can be taken for alive there
    wider = replace(small, draw=one_more("more", small.draw))
    run(wider, place, INLINE, lambda _: None, extend="small")
    after = trials(url, "small")
    assert TrialState.RUNNING not in {t.state for t in after}
    waiting = {t.number: attempts(t) for t in after if t.state == TrialState.WAITING}
    assert before <= waiting.keys()
    assert {waiting[number] for number in before} == {2 if shared else 1}


def torn(file: Path) -> None:
    """Change more than memory is to hold, and die before the commit."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("UPDATE trials SET state = 'FAIL'")
    connection.execute("CREATE TABLE filling (text TEXT)")
    connection.executemany("INSERT INTO filling VALUES (?)", [("x" * 1000,)] * 1000)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_database_whose_writer_was_killed_in_the_middle_of_a_commit_opens_as_it_was(
    tmp_path: Path,
) -> None:
    stored = optuna.create_study(
        study_name="small", storage=open_storage(None, tmp_path, create=True)
    )
    stored.add_trial(optuna.trial.create_trial(value=0.5))
    stored._storage.remove_session()  # noqa: SLF001
    file = tmp_path / "studies.db"
    whole = file.read_bytes()
    process = multiprocessing.get_context("fork").Process(target=torn, args=(file,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert file.read_bytes() != whole
    # Who may only read sees that something is amiss, and leaves it to who may write.
    assert look(f"sqlite:///{file}", "small") is None
    open_storage(None, tmp_path, create=False)
    assert file.read_bytes() == whole
    assert [t.state for t in trials(f"sqlite:///{file}", "small")] == [TrialState.COMPLETE]
