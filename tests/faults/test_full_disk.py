"""Case 9: on a full disk a command ends with one line, what was there is whole, and it goes on."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import optuna
import pytest
import torch
from optuna.storages import RDBStorage
from optuna.trial import TrialState

from nia_optuna.record import TrialAttr
from nia_optuna.training.course import Course
from nia_optuna.training.standing import Shelf, Standing
from nia_optuna.training.training import Training
from tests.faults.called import STUDY, content, environ, program, refused, started
from tests.faults.mounts import fill, small_disk
from tests.findings import made
from tests.search.small import small

MIB = 2**20
DRAWN = '    sampler="random",\n    budget'
FULL = "No space left on device"


def finished(database: Path) -> dict[int, float]:
    """Return the values of the finished trials of a sound database."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    stored = optuna.load_study(study_name="tiny", storage=f"sqlite:///{database}")
    ended = (t for t in stored.trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED))
    return {t.number: t.value for t in ended if t.value is not None}


@pytest.mark.slow
def test_a_database_on_a_full_disk_loses_nothing_and_the_total_is_exact(tmp_path: Path) -> None:
    text = STUDY.replace("finalists=1", "finalists=0").replace("    budget", DRAWN)
    (tmp_path / "tiny.py").write_text(text)
    words = ("run", "tiny.py", "--workers", "1", "--trials")
    runs = tmp_path / "runs"
    with small_disk(runs, 4 * MIB):
        assert started(tmp_path, *words, "2").code == 0
        before = (runs / "studies.db").read_bytes()

        ballast = fill(runs)
        said = started(tmp_path, *words, "12")
        refused(said, 1, "is full", first=False)
        assert (runs / "studies.db").read_bytes() == before

        # Now in the middle of the search.
        ballast.unlink()
        ballast = fill(runs, leave=64 * 1024)
        first = finished(runs / "studies.db")
        said = started(tmp_path, *words, "100")
        refused(said, 1, "the storage failed: database or disk is full; make room", first=False)
        kept = finished(runs / "studies.db")
        assert len(first) == 2
        assert len(kept) > 2
        assert first.items() <= kept.items()

        ballast.unlink()
        total = len(kept) + 3
        said = started(tmp_path, *words, str(total), "--json")
        assert said.code == 0, said.err
        after = finished(runs / "studies.db")
        assert json.loads(said.out)["trials"]["complete"] == len(after) == total
        assert kept.items() <= after.items()
        stored = optuna.load_study(study_name="tiny", storage=f"sqlite:///{runs}/studies.db")
        assert TrialState.RUNNING not in {t.state for t in stored.trials}


FILLS = '''
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from nia_optuna import MLP, SGD, Budget, Recipe, Space, Synthetic, study

RUNS = Path(__file__).with_name("runs")


@dataclass(frozen=True)
class Fills:
    """Takes all the room on the disk of the database, once."""

    width: int

    def build(self, shape, classes):
        if not RUNS.with_name("filled").exists():
            RUNS.with_name("filled").touch()
            with (RUNS / "ballast").open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(RUNS).free)
        return MLP((self.width,)).build(shape, classes)


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials=2, epochs=2, finalists=0),
    sampler="random",
)
def fills(space: Space) -> Recipe:
    """Which width?"""
    return Recipe(Fills(space.integer("width", 4, 32, default=8)), SGD(lr=0.1))
'''


@pytest.mark.slow
def test_a_disk_that_is_full_while_the_process_trains_by_itself_costs_no_attempt(
    tmp_path: Path,
) -> None:
    """Though not even the word that the trial waits again can be written."""
    (tmp_path / "fills.py").write_text(FILLS)
    words = ("run", "fills.py", "--workers", "0")
    with small_disk(tmp_path / "runs", 4 * MIB):
        said = started(tmp_path, *words)
        refused(said, 1, "the storage failed: database or disk is full; make room", first=False)
        (tmp_path / "runs" / "ballast").unlink()
        url = f"sqlite:///{tmp_path}/runs/studies.db"
        stored = optuna.load_study(study_name="fills", storage=url)
        assert TrialState.RUNNING in {t.state for t in stored.trials}

        said = started(tmp_path, *words)
        assert said.code == 0, said.err
        trials = optuna.load_study(study_name="fills", storage=url).trials
    assert [t.state for t in trials] == [TrialState.COMPLETE] * 2
    assert not [t for t in trials if TrialAttr.ATTEMPTS in t.user_attrs]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["checkpoints", "artifacts"])
def test_a_confirmation_on_a_full_disk_goes_on_where_it_was(tmp_path: Path, place: str) -> None:
    file = tmp_path / "tiny.py"
    words = ("run", "tiny.py", "--workers", "1", "--json")
    with small_disk(tmp_path / "runs" / place, MIB):
        file.write_text(STUDY)
        assert started(tmp_path, *words).code == 0
        file.write_text(STUDY.replace("seeds=2", "seeds=3"))
        ballast = fill(tmp_path / "runs" / place)
        before = content(tmp_path / "runs" / place)
        assert len(before) > 2

        said = started(tmp_path, *words)
        refused(said, 1, FULL, first=False)
        assert content(tmp_path / "runs" / place) == before

        ballast.unlink()
        said = started(tmp_path, *words)
        assert said.code == 0, said.err
        summary = json.loads(said.out)
        assert summary["trials"]["complete"] + summary["trials"]["pruned"] == 3
        assert len(summary["confirmed"]["seeds"]) == 3
        after = content(tmp_path / "runs" / place)
        assert before.keys() - {"ballast"} < after.keys()
    if place == "artifacts":  # nothing is listed that is not there
        assert listed(tmp_path / "runs" / "studies.db") == after.keys()


def listed(database: Path) -> set[str]:
    """Return the ids of the artifacts that a database knows of."""
    query = "SELECT key FROM study_system_attributes WHERE key LIKE 'artifacts:%'"
    with closing(sqlite3.connect(database)) as connection:
        return {key.removeprefix("artifacts:") for (key,) in connection.execute(query)}


@pytest.mark.slow
def test_a_report_on_a_full_disk_leaves_the_old_one_to_the_last_byte(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    study = made.searched("tiny", RDBStorage(url), trials=12)
    words = ("report", "tiny", "--storage", url)
    reports = tmp_path / "reports"
    with small_disk(reports, 4 * MIB):
        assert started(tmp_path, *words).code == 0
        made.add(study, made.DEFAULTS | {"depth": 3}, epochs=9)
        # Room for some of its files and not for all.
        ballast = fill(reports, leave=150_000)
        before = content(reports)
        refused(started(tmp_path, *words), 1, "cannot write reports/tiny/", FULL)
        assert content(reports) == before

        ballast.unlink()
        assert started(tmp_path, *words).code == 0
        after = content(reports)
        assert after["tiny/trials.csv"] != before["tiny/trials.csv"]
        assert after.keys() == before.keys() - {"ballast"}


def test_what_was_kept_of_a_training_stays_where_there_is_no_room_for_more(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", MIB):
        path = tmp_path / "disk" / "1-2.safetensors"
        course = Course(Training(small.recipe({}), epochs=9))
        weights = {"0.weight": torch.zeros(1000)}
        shelf = Shelf(path, "this")
        shelf.keep(Standing.of(course, weights, {}))
        before = content(tmp_path / "disk")
        fill(tmp_path / "disk")
        with pytest.warns(RuntimeWarning, match=FULL):
            shelf.keep(Standing.of(course, {"0.weight": torch.ones(100_000)}, {}))
        assert content(tmp_path / "disk").keys() == before.keys() | {"ballast"}
        assert path.read_bytes() == before[path.name]


def test_what_is_printed_to_a_full_disk_is_one_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    made.empty("tiny", RDBStorage(url))
    words = program("status", "--json", "--storage", url)
    known = environ(PYTHONUNBUFFERED="")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            words, stdout=full, stderr=subprocess.PIPE, env=known, check=False, text=True
        )
    assert (done.returncode, done.stderr) == (1, f"nia-optuna: {FULL}: standard output\n")
