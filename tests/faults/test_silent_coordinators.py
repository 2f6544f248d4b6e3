"""Coordinators that share a study die and fall silent, as real processes on a real server."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from nia_optuna.record import StudyAttr, TrialAttr
from tests.faults.one_of_many import TRIALS, study

LEASE = 3.0
PATIENCE = 90


@dataclass(frozen=True)
class Coordinator:
    """A process, and the file that has what it says."""

    process: subprocess.Popen[str]
    file: Path

    @property
    def said(self) -> str:
        return self.file.read_text()

    def begun(self, stage: str) -> list[int]:
        """Return the trials that it has begun in a stage, in their order."""
        _, _, rest = self.said.partition(f"Opened(stage='{stage}'")
        return [int(number) for number in re.findall(r"Started\(trial=(\d+)", rest)]

    def wait_for(self, stage: str, count: int) -> int:
        """Wait until it has begun so many trainings of a stage; return the trial of the last."""
        ends = time.monotonic() + PATIENCE
        while len(begun := self.begun(stage)) < count:
            assert time.monotonic() < ends, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.02)
        return begun[-1]


@contextmanager
def coordinator(url: str, folder: Path) -> Iterator[Coordinator]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.faults.one_of_many", url, str(folder), str(LEASE)]
    file = folder / "said"
    with (
        file.open("w") as said,
        subprocess.Popen(command, stdout=said, stderr=said, text=True) as process,
    ):
        try:
            yield Coordinator(process, file)
        finally:
            process.kill()


@pytest.mark.slow
def test_killed_and_stopped_coordinators_lose_nothing_and_the_total_is_exact(
    postgres_url: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        killed, stopped, third = (
            stack.enter_context(coordinator(postgres_url, tmp_path / name)) for name in "abc"
        )
        first = killed.wait_for("search", 2)
        killed.process.kill()
        second = stopped.wait_for("search", 2)
        stopped.process.send_signal(signal.SIGSTOP)
        ends = time.monotonic() + PATIENCE
        while not {first, second} <= set(third.begun("search")):
            assert time.monotonic() < ends, third.said
            time.sleep(0.05)
        stopped.process.send_signal(signal.SIGCONT)
        assert stopped.process.wait(PATIENCE) == 0, stopped.said
        assert third.process.wait(PATIENCE) == 0, third.said
        assert f"trial {second} is in other hands" in stopped.said
    stored = optuna.load_study(study_name="small", storage=postgres_url)
    finished = (TrialState.COMPLETE, TrialState.PRUNED)
    assert [t.state for t in stored.trials if t.state not in finished] == []
    assert len(stored.trials) == TRIALS
    for trial in (first, second):
        assert stored.trials[trial].user_attrs[TrialAttr.ATTEMPTS] == 2
    assert len({t.user_attrs[TrialAttr.SEED] for t in stored.trials}) == TRIALS
    baselines = [t.user_attrs.get(TrialAttr.BASELINE) for t in stored.trials]
    assert sorted(filter(None, baselines)) == ["default", "wide"]
    sessions = [s["stage"] for s in stored.user_attrs[StudyAttr.SESSIONS]]
    assert sorted(sessions) == ["confirmation", "search", "search"]


@pytest.mark.slow
def test_who_waits_takes_the_confirmation_over_from_one_that_died(
    postgres_url: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        both = [stack.enter_context(coordinator(postgres_url, tmp_path / name)) for name in "ab"]
        ends = time.monotonic() + PATIENCE
        while not any(len(one.begun("confirmation")) > 1 for one in both):
            assert time.monotonic() < ends, both[0].said
            time.sleep(0.05)
        first, second = sorted(both, key=lambda one: -len(one.begun("confirmation")))
        assert second.begun("confirmation") == []
        first.process.kill()
        assert second.process.wait(PATIENCE) == 0, second.said
        assert "another coordinator carries out what comes after the search" in second.said
    stored = optuna.load_study(study_name="small", storage=postgres_url)
    records = stored.user_attrs[StudyAttr.CONFIRMATION]
    contenders = {r["trial"] for r in records.values()}
    assert len(records) == len(contenders) * study.budget.seeds
    assert {0, 1} < contenders
    assert stored.user_attrs[StudyAttr.CHOSEN]["trial"] in contenders
