"""Who writes a study alone reads it from memory, and the database holds the same."""

import math
import signal
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

from nia_optuna.search.sole_writer import SoleWriter
from nia_optuna.search.storage import open_storage


def opened_in(folder: Path) -> tuple[optuna.Study, SoleWriter]:
    storage = SoleWriter(open_storage(None, folder, create=True))
    study = optuna.create_study(study_name="one", storage=storage, load_if_exists=True)
    return study, storage


def id_of(trial: optuna.Trial, storage: SoleWriter) -> int:
    study = storage.get_study_id_from_name("one")
    return storage.get_trial_id_from_study_id_trial_number(study, trial.number)


def in_the_database(folder: Path) -> list[FrozenTrial]:
    """Return what plain Optuna reads."""
    return optuna.load_study(study_name="one", storage=f"sqlite:///{folder}/studies.db").trials


def live_through(study: optuna.Study, storage: SoleWriter) -> None:
    """Set everything that a trial may have, some of it twice."""
    study.enqueue_trial({"x": 0.25}, user_attrs={"from": ["a", "b"]})
    for k in range(3):
        with storage.together():
            trial = study.ask()
            trial.suggest_float("x", 0, 1)
            trial.suggest_categorical("kind", ("a", None, 1.5))
            trial.suggest_int("n", 1, 9, log=True)
            trial.set_user_attr("pair", (1, 2))
            trial.set_user_attr("pair", {"k": k})
        for step, value in enumerate((0.5, math.inf, -math.inf, math.nan)):
            trial.report(value, step)
        number = id_of(trial, storage)
        storage.set_trial_intermediate_value(number, 0, 0.75)
        if k == 0:
            storage.set_trial_state_values(number, TrialState.WAITING)
            trial = study.ask()
            storage.set_trial_system_attr(number, "rung", 0.1)
            storage.set_trial_system_attr(number, "rung", 0.2)
        with storage.together():
            trial.set_user_attr("last", "words")
            study.tell(trial, *((math.inf,) if k else (None, TrialState.FAIL)))
    study.ask().suggest_float("x", 0, 1)


def plain(trial: FrozenTrial) -> dict[str, str]:
    """Return everything about a trial as text: a nan does not equal itself, what it reads as does.

    Attributes have no order.
    """
    return {
        name: repr(sorted(value.items()) if name.endswith("attrs") else value)
        for name, value in vars(trial).items()
    }


def test_the_memory_shows_what_the_database_holds(tmp_path: Path) -> None:
    study, storage = opened_in(tmp_path)
    live_through(study, storage)
    shown, held = study.trials, in_the_database(tmp_path)
    assert len(shown) == 4
    assert list(map(plain, shown)) == list(map(plain, held))
    assert list(map(plain, opened_in(tmp_path)[0].trials)) == list(map(plain, held))


def test_trials_that_were_handed_out_do_not_change(tmp_path: Path) -> None:
    study, _ = opened_in(tmp_path)
    trial = study.ask()
    (before,) = study.get_trials(deepcopy=False)
    trial.report(0.5, 1)
    trial.set_user_attr("seed", 3)
    assert (before.intermediate_values, before.user_attrs) == ({}, {})
    study.tell(trial, 0.5)
    with pytest.raises(UpdateFinishedTrialError):
        trial.report(0.5, 2)


def test_a_write_that_the_database_refuses_is_said(tmp_path: Path) -> None:
    study, storage = opened_in(tmp_path)
    trial = study.ask()
    other = open_storage(None, tmp_path, create=False)
    other.set_trial_user_attr(id_of(trial, storage), "seed", 3)
    with pytest.raises(StorageInternalError, match="refused a write"), storage.together():
        trial.set_user_attr("seed", 4)
    trial.set_user_attr("last", "words")
    (held,) = in_the_database(tmp_path)
    assert held.user_attrs == {"seed": 3, "last": "words"}


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.search.test_sole_writer import opened_in

study, storage = opened_in(Path(sys.argv[1]))
with storage.together():
    trials = [study.ask() for _ in range(3)]
    for trial in trials:
        trial.suggest_float("x", 0, 1)
for epoch in (1, 2):
    with storage.together():
        for trial in trials:
            trial.report(epoch / 10, epoch)
with storage.together():
    trials[0].report(0.3, 3)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_all_but_what_it_was_just_saying(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = in_the_database(tmp_path)
    assert [t.intermediate_values for t in left] == [{1: 0.1, 2: 0.2}] * 3
    study, _ = opened_in(tmp_path)
    study.tell(study.trials[0].number, 0.2)
    study.tell(study.ask(), 0.4)
    assert [t.state.name for t in in_the_database(tmp_path)] == [
        "COMPLETE",
        "RUNNING",
        "RUNNING",
        "COMPLETE",
    ]
