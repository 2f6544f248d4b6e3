"""Trainings in processes of their own, which may die."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from optuna.trial import TrialState

from nia_optuna.load import load
from nia_optuna.record import StudyAttr, TrialAttr
from nia_optuna.search.executor import ExecutorError, Inline
from nia_optuna.search.processes import Processes
from nia_optuna.search.protocol import Judged, Stop, Trained
from nia_optuna.search.protocol import Run as Key
from nia_optuna.search.run import Machine, Place, run
from nia_optuna.search.serving import Mailbox
from nia_optuna.search.trainer import Material
from nia_optuna.search.watch import Advanced, Event, Said
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from tests.search.small import CPU, TWO_PROCESSES, Run, small

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)

OWN_NETWORK = '''
from dataclasses import dataclass

from nia_optuna import SGD, Budget, Recipe, Space, Synthetic, study


@dataclass(frozen=True)
class Linear:
    bias: bool

    def build(self, shape, classes):
        from torch import nn

        return nn.Sequential(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], classes))


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials=3, epochs=2, finalists=1, seeds=1),
)
def own(space: Space) -> Recipe:
    """Does a bias help?"""
    return Recipe(Linear(space.choice("bias", (True, False), default=True)), SGD(lr=0.1))
'''

LARGE_NETWORK = '''
from dataclasses import dataclass
from pathlib import Path

from nia_optuna import SGD, Budget, Recipe, Space, Synthetic, study


@dataclass(frozen=True)
class Large:
    """Needs all the memory there is, once."""

    width: int

    def build(self, shape, classes):
        from torch import nn

        try:
            Path("ONCE").touch(exist_ok=False)
        except FileExistsError:
            return nn.Sequential(nn.Flatten(), nn.Linear(36, classes))
        raise MemoryError


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials=3, epochs=2, finalists=0),
    sampler="random",
    pruner="none",
)
def large(space: Space) -> Recipe:
    """How wide?"""
    return Recipe(Large(space.integer("width", 1, 900, default=4)), SGD(lr=0.1))
'''


def test_two_trainers_share_the_work_and_the_total_is_exact(run_study: Run) -> None:
    stored = run_study(machine=TWO_PROCESSES, trials=8)
    assert sum(t.state in FINISHED for t in stored.trials) == 8
    assert {t.user_attrs[TrialAttr.WORKER] for t in stored.trials} == {0, 1}
    assert stored.user_attrs[StudyAttr.CHOSEN]
    assert not multiprocessing.active_children()


def test_a_seed_gives_the_same_curve_in_another_process(run_study: Run, place: Place) -> None:
    here = run_study(trials=2).trials[1]
    there = run(
        small, Place(type(place.runs)(place.runs.path / "other"), place.data_dir), TWO_PROCESSES,
        lambda _: None,
    ).trials[1]  # fmt: skip
    assert here.params == there.params
    assert here.intermediate_values == there.intermediate_values


@pytest.mark.slow
def test_a_killed_trainer_costs_an_attempt_of_one_trial(place: Place) -> None:
    killed: list[int] = []

    def kill_once(event: Event) -> None:
        if isinstance(event, Advanced) and not killed:
            killed.append(event.trial)
            for child in multiprocessing.active_children():
                assert child.pid is not None
                os.kill(child.pid, signal.SIGKILL)

    stored = run(small, place, TWO_PROCESSES, kill_once)
    assert killed
    assert [t.state in FINISHED for t in stored.trials] == [True] * 5
    assert max(t.user_attrs.get(TrialAttr.ATTEMPTS, 1) for t in stored.trials) == 2


@pytest.mark.parametrize(
    ("machine", "states"),
    [(TWO_PROCESSES, ["COMPLETE"] * 3), (Machine((CPU,)), ["FAIL"] + ["COMPLETE"] * 3)],
    ids=["two trainers", "one trainer"],
)
def test_where_memory_runs_out_a_trainer_goes_and_the_trial_is_tried_again(
    tmp_path: Path, place: Place, machine: Machine, states: list[str]
) -> None:
    file = tmp_path / "large.py"
    file.write_text(LARGE_NETWORK.replace("ONCE", str(tmp_path / "once")))
    events: list[Event] = []
    stored = run(load(str(file)), place, machine, events.append)
    assert [t.state.name for t in stored.trials if t.state.is_finished()] == states
    assert all(TrialAttr.ATTEMPTS not in t.user_attrs for t in stored.trials)
    said = [event.text for event in events if isinstance(event, Said)]
    assert any("MemoryError" in text for text in said) == (len(machine.devices) > 1)
    if len(machine.devices) > 1:
        late = stored.trials[-1].user_attrs[TrialAttr.WORKER]
        assert {t.user_attrs[TrialAttr.WORKER] for t in stored.trials[1:]} == {late}


HANGING_NETWORK = LARGE_NETWORK.replace("raise MemoryError", "time.sleep(600)").replace(
    "from dataclasses", "import time\nfrom dataclasses"
)


def test_a_trainer_that_hangs_is_ended_and_its_trial_tried_again(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nia_optuna.search.processes.SILENCE", 2.0)
    file = tmp_path / "large.py"
    file.write_text(HANGING_NETWORK.replace("ONCE", str(tmp_path / "once")))
    events: list[Event] = []
    stored = run(load(str(file)), place, Machine((CPU,)), events.append)
    assert [t.state for t in stored.trials] == [TrialState.COMPLETE] * 3
    assert [t.user_attrs.get(TrialAttr.ATTEMPTS, 1) for t in stored.trials] == [2, 1, 1]
    said = [event.text for event in events if isinstance(event, Said)]
    assert any("the trainer was ended: silent for" in text for text in said)


def test_a_trainer_waits_for_its_verdicts_and_not_for_long() -> None:
    ours, theirs = multiprocessing.Pipe()
    inbox, goes_on, given_up = Mailbox(theirs), Key(1, 1), Key(2, 2)
    told = [Trained(run, Epoch(1, {}, {}, lr=0.1, seconds=1.0)) for run in (goes_on, given_up)]
    began = time.monotonic()
    ours.send(Judged(goes_on, 1))
    inbox.wait(told, 0.2)  # the other's is missing
    assert time.monotonic() - began >= 0.2
    ours.send(Stop(given_up))
    inbox.wait(told, 60)
    assert time.monotonic() - began < 60
    assert inbox.stopped(given_up)


def test_trainers_build_networks_that_the_study_file_defines(tmp_path: Path, place: Place) -> None:
    file = tmp_path / "own.py"
    file.write_text(OWN_NETWORK)
    stored = run(load(str(file)), place, TWO_PROCESSES, lambda _: None)
    assert sum(t.state in FINISHED for t in stored.trials) == 3


def test_a_trainer_that_cannot_start_says_why(tmp_path: Path) -> None:
    material = Material(str(tmp_path / "nowhere"), tmp_path, 0.1, None, "standard")
    executor = Processes(material, [Device("cpu")])
    try:
        with pytest.raises(ExecutorError, match="could not start: DataError"):
            executor.poll(60)
    finally:
        executor.close()


def test_a_trainer_in_the_coordinator_with_nothing_to_do_waits_as_others_do(tmp_path: Path) -> None:
    executor = Inline(Material(small.dataset, tmp_path, 0.1, None, "standard"), CPU)
    before = time.monotonic()
    assert executor.poll(0.2) == []
    assert time.monotonic() - before >= 0.2
