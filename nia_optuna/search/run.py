"""A run from end to end: open, check, search, confirm. A readable list of steps."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage

from nia_optuna.data import open_data, silent, split
from nia_optuna.record import DEFAULTS, StudyAttr, TrialAttr
from nia_optuna.search.confirmation import Confirmation
from nia_optuna.search.contest import is_confirmed
from nia_optuna.search.coordinator import Coordinator
from nia_optuna.search.environment import environment, source
from nia_optuna.search.executor import Executor, Inline
from nia_optuna.search.identity import check_same, facts_of
from nia_optuna.search.interrupt import Interrupted, interruptible
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.processes import Processes
from nia_optuna.search.pruner import pruner_of
from nia_optuna.search.rehearsal import rehearsed
from nia_optuna.search.sampler import sampler_of
from nia_optuna.search.storage import Runs, open_storage
from nia_optuna.search.trainer import Material
from nia_optuna.search.watch import Opened, Said, Stage, Watch
from nia_optuna.space import Parameter, Space, Value, answers
from nia_optuna.study import Study, check_space
from nia_optuna.training.device import Device


@dataclass(frozen=True)
class Place:
    """Where a run reads and writes; `storage` is a database URL, None for the file in `runs`."""

    runs: Runs
    data_dir: Path
    storage: str | None = None


@dataclass(frozen=True)
class Machine:
    """What a run trains on: one process a device; `inline` trains in the coordinator instead."""

    devices: tuple[Device, ...]
    inline: bool = False


def run(
    study: Study, place: Place, machine: Machine, watch: Watch, *, command: str = ""
) -> optuna.Study:
    """Create or continue a study until its budget is spent and its best are confirmed.

    Returns the stored study. Raises Interrupted when the user stopped it: everything is saved,
    and the same call continues. Raises ChangedError before any trial where the stored study
    asked another question; DataError, StorageError, SearchError and ExecutorError in one line.
    """
    parameters = check_space(study)
    data = open_data(study.dataset, place.data_dir, silent)
    splits = split(data, validation=study.validation, subset=study.subset, seed=study.seed)
    facts = facts_of(study, parameters, data, splits)
    with place.runs.claim(study.name), interruptible() as wish:
        ledger = _open(study, place, parameters, facts, watch)
        if ledger.finished() >= study.budget.trials and is_confirmed(ledger):
            watch(Said(f"study {study.name!r} has its {study.budget.trials} trials: nothing to do"))
            return ledger.stored
        for name, value in {
            StudyAttr.COMMAND: command,
            StudyAttr.SOURCE: source(study),
            StudyAttr.ENVIRONMENT: environment(machine.devices[0]),
        }.items():
            ledger.stored.set_user_attr(name, value)
        import torch

        # The trainers need the cores; a model of the space is asked with one thread beside them.
        torch.set_num_threads(1)
        executor = _executor(study, place, machine)
        try:
            with _session(ledger.stored, "search", machine):
                watch(_opened(ledger, executor))
                Coordinator(ledger, executor, watch, wish).search(study.budget.trials)
            if not wish.stop:
                with _session(ledger.stored, "confirmation", machine):
                    confirmation = Confirmation(ledger, executor, watch, wish, place.runs)
                    confirmation.run()
        finally:
            executor.close()
        if wish.stop:
            raise Interrupted
        return ledger.stored


def _open(
    study: Study,
    place: Place,
    parameters: Mapping[str, Parameter],
    facts: Mapping[str, Any],
    watch: Watch,
) -> Ledger:
    """Create the stored study with its first trials queued, or refuse or continue the one there."""
    storage = open_storage(place.storage, place.runs.path, create=True)
    stored = optuna.create_study(
        study_name=study.name,
        storage=storage,
        direction="maximize" if study.metric == "accuracy" else "minimize",
        sampler=sampler_of(study.sampler, parameters, study.seed),
        pruner=pruner_of(study.pruner, study.budget.epochs),
        load_if_exists=True,
    )
    ledger = Ledger(study, stored)
    if StudyAttr.SPACE in stored.user_attrs or not _only_queued(ledger):
        check_same(study.name, stored.user_attrs, facts)
        if again := ledger.reap():
            watch(Said(f"{again} interrupted trials go on with the draws they had"))
    else:
        _queue_known(ledger, storage, facts[StudyAttr.SPACE], watch)
    # The space comes last: it says that everything before it is there.
    for name in sorted(facts, key=lambda name: name == StudyAttr.SPACE):
        stored.set_user_attr(name, facts[name])
    return ledger


def _only_queued(ledger: Ledger) -> bool:
    """Return whether the study holds nothing but what _queue_known puts there."""
    return all(
        TrialAttr.BASELINE in t.user_attrs or TrialAttr.REHEARSED in t.user_attrs
        for t in ledger.trials()
    )


def _queue_known(
    ledger: Ledger, storage: RDBStorage, space: list[dict[str, Any]], watch: Watch
) -> None:
    """Queue the defaults as trial 0, the named baselines, then the best of a rehearsal.

    A run that was killed while it queued left some of them; those are not queued again.
    """
    study = ledger.study
    queued = [t.user_attrs for t in ledger.trials()]
    for name, params in {DEFAULTS: {}, **study.baselines}.items():
        if not any(attrs.get(TrialAttr.BASELINE) == name for attrs in queued):
            ledger.enqueue(_whole(study, params), {TrialAttr.BASELINE: name})
    rehearsal, best = rehearsed(storage, study, space)
    for trial in best:
        if not any(attrs.get(TrialAttr.REHEARSED) == trial.number for attrs in queued):
            ledger.enqueue(trial.params, {TrialAttr.REHEARSED: trial.number})
    if best:
        ledger.stored.set_user_attr(StudyAttr.REHEARSAL, rehearsal)
        watch(Said(f"the best {len(best)} configurations of {rehearsal!r} are tried first"))


def _whole(study: Study, params: Mapping[str, Value]) -> dict[str, Value]:
    """Return a baseline's value for every parameter that its branches ask for."""
    space = Space(answers(params))
    study(space)
    return space.values


def _executor(study: Study, place: Place, machine: Machine) -> Executor:
    material = Material(
        source=study.dataset,
        data_dir=place.data_dir,
        validation=study.validation,
        subset=study.subset,
        seed=study.seed,
        study_file=study.path.resolve() if study.path else None,
    )
    if machine.inline:
        return Inline(material, machine.devices[0])
    return Processes(material, machine.devices)


def _opened(ledger: Ledger, executor: Executor) -> Opened:
    budget = ledger.study.budget
    return Opened(
        stage="search",
        study=ledger.study.name,
        metric=ledger.study.metric,
        done=ledger.finished(),
        total=budget.trials,
        epochs=budget.epochs,
        workers=executor.workers,
        device=executor.device,
        best=ledger.best(),
    )


@contextmanager
def _session(stored: optuna.Study, stage: Stage, machine: Machine) -> Iterator[None]:
    """Record when and how long a stage ran, however it ends."""
    started, clock = datetime.now(UTC), time.monotonic()
    try:
        yield
    finally:
        session = {
            "started": started.isoformat(timespec="seconds"),
            "wall_seconds": round(time.monotonic() - clock, 3),
            "workers": len(machine.devices),
            "device": machine.devices[0].name,
            "stage": stage,
        }
        sessions = stored.user_attrs.get(StudyAttr.SESSIONS, [])
        stored.set_user_attr(StudyAttr.SESSIONS, [*sessions, session])
