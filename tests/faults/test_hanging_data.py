"""Data that do not answer while a trainer opens them: it is ended, as one that hangs later is."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from nia_optuna.data import open_data
from nia_optuna.search.executor import ExecutorError
from nia_optuna.search.processes import Processes
from nia_optuna.search.protocol import Run
from nia_optuna.search.trainer import Material
from tests.search.small import CPU

PATIENCE = 120.0


def up(executor: Processes) -> bool:
    return all(slot.ready for slot in executor._slots)  # noqa: SLF001  # nothing else tells


def until(executor: Processes, done: Callable[[Processes], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not done(executor):
        assert time.monotonic() < ends
        executor.poll(0.1)


@contextmanager
def trainers(material: Material) -> Iterator[Processes]:
    executor = Processes(material, [CPU])
    try:
        yield executor
    finally:
        executor.close()


@pytest.fixture
def material(tmp_path: Path) -> Material:
    """Data that were opened once, and cannot be opened again while their lock is held."""
    open_data("digits", tmp_path)
    made = Material("digits", tmp_path, 0.1, None, "standard")
    with trainers(made) as executor:
        until(executor, up)  # so that the next is forked at once
    return made


@contextmanager
def unanswered(material: Material) -> Iterator[None]:
    """Have whoever opens the data wait for them, as on a file system that does not answer."""
    (meta,) = material.data_dir.glob("cache/digits-*/meta.json")
    meta.unlink()
    with meta.parent.with_name(f"{meta.parent.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.mark.slow
def test_a_trainer_whose_data_do_not_answer_is_replaced(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nia_optuna.search.processes.BIRTH", 2.0)
    with ExitStack() as waits:
        waits.enter_context(unanswered(material))
        with trainers(material) as executor:
            (slot,) = executor._slots  # noqa: SLF001
            first = slot.process.pid
            slot.runs.add(Run(3, 1))
            lost: list[str] = []
            while slot.process.pid == first:
                lost += [str(message) for _, message in executor.poll(0.1)]
            assert any("the trainer was ended: silent for" in each for each in lost)
            monkeypatch.setattr("nia_optuna.search.processes.BIRTH", PATIENCE)
            waits.close()
            until(executor, up)
            assert slot.deaths == 0


@pytest.mark.slow
def test_trainers_that_never_come_up_end_the_run_in_one_line(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nia_optuna.search.processes.BIRTH", 2.0)
    with (
        unanswered(material),
        trainers(material) as executor,
        pytest.raises(ExecutorError, match=r"trainers hang at their start, for \d+ s: do the data"),
    ):
        until(executor, up)
