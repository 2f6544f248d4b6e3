"""Checkpoints and reports whose writer is killed in the middle of a write: whole, and no litter."""

import itertools
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nia_optuna.architectures import MLP
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.report import files
from nia_optuna.search.protocol import Run, Start
from nia_optuna.search.runs import drop_unfinished
from nia_optuna.training import checkpoints
from nia_optuna.training.training import Training

KILLS = 30
SHAPE, CLASSES = (3, 32, 32), 10


def killed_in(work: Callable[[], None], rng: random.Random) -> None:
    """Let a process of its own work, and kill it some milliseconds after it has begun."""
    begun, begins = os.pipe()

    def begin() -> None:
        os.write(begins, b".")
        work()

    process = multiprocessing.get_context("fork").Process(target=begin)
    process.start()
    os.read(begun, 1)
    os.close(begun)
    os.close(begins)
    time.sleep(rng.uniform(0.005, 0.03))
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_a_checkpoint_is_the_old_one_or_the_new_one_whenever_its_writer_is_killed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "1-2.safetensors"
    model = MLP(widths=(512,)).build(SHAPE, CLASSES)
    contents = []
    for name in ("old", "new"):
        checkpoints.save(path, model, {"name": name})
        contents.append(path.read_bytes())

    def work() -> None:
        for content in itertools.cycle(contents):
            checkpoints.write(path, content)

    rng, torn = random.Random(0), 0
    for _ in range(KILLS):
        killed_in(work, rng)
        assert path.read_bytes() in contents
        assert checkpoints.load(path, model)["name"] in ("old", "new")
        torn += len(list(tmp_path.iterdir())) > 1
        drop_unfinished(path)
        assert list(tmp_path.iterdir()) == [path]
    assert torn > KILLS / 3  # most kills came while it was written


def test_what_killed_trainers_left_goes_when_the_end_of_their_training_is_recorded(
    tmp_path: Path,
) -> None:
    training = Training(Recipe(MLP(), SGD(0.1)), epochs=1)
    checkpoint = tmp_path / "1-2.safetensors"
    standings = tmp_path / "standings"
    standings.mkdir()
    start = Start(Run(1, 2), 0, training, checkpoint=checkpoint, standings=standings)
    of_another = standings / ".1-22.safetensors.abc"
    for file in (
        checkpoint,
        tmp_path / ".1-2.safetensors.abc",
        standings / "1-2.safetensors",
        standings / ".1-2.safetensors.abc",
        standings / ".1-2.safetensors.xyz",
        of_another,
    ):
        file.touch()
    start.forget()
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == {checkpoint, of_another}


@pytest.fixture
def versions() -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    """Return two versions of the files of a report, of such sizes as they have."""
    rng = random.Random(0)
    sizes = {"history.png": 60_000, "curves.png": 300_000, "README.md": 20_000}
    old, new = ({name: rng.randbytes(size) for name, size in sizes.items()} for _ in range(2))
    return old, new


def test_every_file_of_a_report_is_the_old_one_or_the_new_one_whenever_its_writer_is_killed(
    tmp_path: Path, versions: tuple[Mapping[str, bytes], Mapping[str, bytes]]
) -> None:
    def written(version: Mapping[str, bytes]) -> None:
        for name, content in version.items():
            files.write(tmp_path / name, content)

    def work() -> None:
        for version in itertools.cycle(versions):
            written(version)

    rng = random.Random(0)
    written(versions[0])
    for _ in range(KILLS):
        killed_in(work, rng)
        for name in versions[0]:
            assert (tmp_path / name).read_bytes() in [version[name] for version in versions]
    left = [file for file in tmp_path.iterdir() if file.name not in versions[0]]
    assert len(left) > KILLS / 3  # most kills came while a file was written
    written(versions[1])
    assert set(left) <= set(tmp_path.iterdir())  # another writer may be at work
    for file in left:
        os.utime(file, (0, 0))
    written(versions[1])
    assert {file.name for file in tmp_path.iterdir()} == versions[1].keys()
