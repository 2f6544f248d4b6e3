"""A database that nobody has used, opened by many at once."""

from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import optuna
import pytest

from nia_optuna.search.opening import beginning
from nia_optuna.search.storage import open_storage
from tests.postgres import Server

PROCESSES, ROUNDS = 8, 20
PATIENCE = 120

Places = list[tuple[str | None, Path]]
"""Databases: a URL, or None for the file in the folder."""


def _open_in_turn(places: Places, barrier: Barrier) -> None:
    for url, folder in places:
        barrier.wait(PATIENCE)  # which breaks where a process has crashed
        storage = open_storage(url, folder, create=True)
        with beginning(storage, "one"):
            optuna.create_study(study_name="one", storage=storage, load_if_exists=True)
        storage.remove_session()
        storage.engine.dispose()  # a server has no room for the connections of all rounds


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_eight_processes_open_a_fresh_database_at_once_and_find_one_study(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    places: Places = [(None, tmp_path / str(number)) for number in range(ROUNDS)]
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        places = [(server.fresh_database(), folder) for _, folder in places]
    fork = get_context("fork")  # eight interpreters would take longer than what they are to do
    barrier = fork.Barrier(PROCESSES)
    processes = [
        fork.Process(target=_open_in_turn, args=(places, barrier)) for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    for url, folder in places:
        address = url or f"sqlite:///{folder}/studies.db"
        assert [s.study_name for s in optuna.get_all_study_summaries(address)] == ["one"]
