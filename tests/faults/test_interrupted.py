"""Ctrl-C, SIGTERM and SIGHUP: everything is saved at once, and the same command goes on."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from nia_optuna.record import TrialAttr
from tests.faults.slow import LONG_EPOCH

ROOT = Path(__file__).parents[2]
DIGITS = str(ROOT / "studies" / "digits_mlp.py")
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
SECONDS = 10  # in which a run must have ended


def trials(url: str, study: str) -> list[FrozenTrial]:
    return optuna.load_study(study_name=study, storage=url).trials


def program(*words: str) -> list[str]:
    return [sys.executable, "-m", "nia_optuna", *words]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_ctrl_c_saves_and_the_same_study_goes_on_to_an_exact_total(
    tmp_path: Path, number: signal.Signals
) -> None:
    url = f"sqlite:///{tmp_path}/runs/studies.db"
    words = ["run", DIGITS, "--runs-dir", str(tmp_path / "runs"), "--workers", "2"]
    with subprocess.Popen(
        program(*words, "--trials", "300"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stderr is not None
        lines = []
        for line in running.stderr:
            lines.append(line)
            if line.startswith("[7/300]"):
                # As a terminal does it: the trainers get the signal too.
                os.killpg(running.pid, number)
        assert running.wait(timeout=20) == 130
    assert "continue with: python -m nia_optuna run" in lines[-1]
    assert not any("Traceback" in line for line in lines)
    first = trials(url, "digits_mlp")
    assert not [t for t in first if t.state == TrialState.RUNNING]
    assert not [t for t in first if TrialAttr.ATTEMPTS in t.user_attrs]
    drawn = {t.number: t.params for t in first if t.params}
    finished = sum(t.state in FINISHED for t in first)
    assert 7 <= finished < 300

    total = str(finished + 5)
    again = subprocess.run(
        program(*words, "--trials", total), capture_output=True, text=True, check=False, timeout=300
    )
    assert again.returncode == 0, again.stderr
    second = trials(url, "digits_mlp")
    assert sum(t.state in FINISHED for t in second) == finished + 5
    assert not [t for t in second if t.state == TrialState.RUNNING]
    assert len({tuple(sorted(t.params.items())) for t in second}) == len(second)
    for drawn_as, params in drawn.items():
        assert second[drawn_as].params == params


@pytest.mark.parametrize("pause", [0.0, 0.05, 0.3])
def test_ctrl_c_while_the_program_is_still_imported_is_one_line(
    pause: float, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    # Python says what it has imported: from the first module on that could know of Ctrl-C.
    command = [sys.executable, "-X", "importtime", *program("report")[1:]]
    with said.open("w") as file, subprocess.Popen(command, stderr=file, cwd=tmp_path) as process:
        while "nia_optuna.early" not in said.read_text():
            assert process.poll() is None
            time.sleep(0.001)
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130
    lines = said.read_text().splitlines()
    assert [line for line in lines if not line.startswith("import time:")] == [
        "nia-optuna: interrupted"
    ]


@dataclass(frozen=True)
class Long:
    """A study whose epochs take half a minute, until `hurry` is called."""

    folder: Path
    url: str
    workers: str

    @property
    def command(self) -> Sequence[str]:
        options = ["--storage", self.url, "--workers", self.workers, "--data-dir", "data"]
        return program("run", "long.py", *options)

    def hurry(self) -> None:
        (self.folder / "long").unlink()

    def steps(self) -> int:
        file = self.folder / "steps"
        return len(file.read_text()) if file.exists() else 0

    @contextmanager
    def begun(self, *before: str) -> Iterator[subprocess.Popen[str]]:
        """Yield a run whose trainers are in the middle of an epoch; `before` stands in its line."""
        with subprocess.Popen(
            [*before, *self.command],
            cwd=self.folder,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as running:
            self.wait_until_begun()
            assert running.poll() is None
            yield running

    def wait_until_begun(self) -> None:
        ends = time.monotonic() + 90
        while self.steps() < 10:
            assert time.monotonic() < ends
            time.sleep(0.05)

    def states(self) -> Counter[str]:
        return Counter(t.state.name for t in trials(self.url, "long"))


def long_study(storage: str, workers: str, folder: Path, request: pytest.FixtureRequest) -> Long:
    text = LONG_EPOCH.replace("STEPS", str(folder / "steps")).replace("LONG", str(folder / "long"))
    (folder / "long.py").write_text(text)
    (folder / "long").touch()
    url = f"sqlite:///{folder}/runs/studies.db"
    if storage == "postgresql":
        url = request.getfixturevalue("postgres_url")
    return Long(folder, url, workers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("storage", "workers", "number"),
    [
        ("sqlite", "2", signal.SIGINT),
        ("sqlite", "0", signal.SIGTERM),
        ("postgresql", "2", signal.SIGTERM),
    ],
)
def test_a_run_in_the_middle_of_a_long_epoch_is_saved_within_ten_seconds(
    storage: str,
    workers: str,
    number: signal.Signals,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    study = long_study(storage, workers, tmp_path, request)
    with study.begun() as running:
        began = time.monotonic()
        os.killpg(running.pid, number)
        _, said = running.communicate(timeout=4 * SECONDS)
        took = time.monotonic() - began
    assert running.returncode == 130, said
    assert took < SECONDS
    assert "saved; continue with: python -m nia_optuna run long.py" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert study.states()["WAITING"] >= 1
    assert study.states()["RUNNING"] == 0
    study.hurry()
    subprocess.run(study.command, cwd=tmp_path, check=True, capture_output=True)
    assert study.states() == {"COMPLETE": 3}
    assert all(TrialAttr.ATTEMPTS not in t.user_attrs for t in trials(study.url, "long"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pause", "workers", "last"),
    [
        (0.0, "2", ""),
        (0.1, "0", "interrupted before all was saved; "),
    ],
)
def test_a_second_ctrl_c_ends_the_run_at_once_and_the_same_command_goes_on(
    pause: float, workers: str, last: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    study = long_study("sqlite", workers, tmp_path, request)
    with study.begun() as running:
        began = time.monotonic()
        os.killpg(running.pid, signal.SIGINT)
        time.sleep(pause)
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=4 * SECONDS)
        took = time.monotonic() - began
    assert running.returncode == 130, said
    assert took < SECONDS
    assert f"{last}continue with: python -m nia_optuna run long.py" in said.splitlines()[-1]
    assert "Traceback" not in said
    study.hurry()
    subprocess.run(study.command, cwd=tmp_path, check=True, capture_output=True)
    assert study.states() == {"COMPLETE": 3}


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_run_whose_terminal_is_closed_is_saved_and_loses_no_attempt(
    workers: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    study = long_study("sqlite", workers, tmp_path, request)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(study.folder)
        os.execv(sys.executable, list(study.command))  # noqa: S606  # as a shell would
    study.wait_until_begun()
    os.close(terminal)
    os.kill(pid, signal.SIGHUP)  # a shell sends one, and the kernel another
    began = time.monotonic()
    _, status = os.waitpid(pid, 0)
    assert time.monotonic() - began < SECONDS
    assert os.waitstatus_to_exitcode(status) == 130
    assert study.states()["WAITING"] >= 1
    assert study.states()["RUNNING"] == 0
    study.hurry()
    subprocess.run(study.command, cwd=tmp_path, check=True, capture_output=True)
    assert study.states() == {"COMPLETE": 3}
    assert all(TrialAttr.ATTEMPTS not in t.user_attrs for t in trials(study.url, "long"))


@pytest.mark.slow
def test_a_run_under_nohup_goes_on_when_its_terminal_is_closed(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    study = long_study("sqlite", "2", tmp_path, request)
    with study.begun("nohup") as running:
        os.killpg(running.pid, signal.SIGHUP)
        time.sleep(1)
        study.hurry()
        _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert study.states() == {"COMPLETE": 3}
