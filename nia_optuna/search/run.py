"""A run from end to end: open, check, search, confirm, finish. A readable list of steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import optuna

from nia_optuna.data import absolute, open_data, silent, split
from nia_optuna.record import StudyAttr
from nia_optuna.search.address import default_address, sqlite_file
from nia_optuna.search.confirmation import Confirmation
from nia_optuna.search.contest import is_confirmed
from nia_optuna.search.coordinator import Coordinator
from nia_optuna.search.crew import Kinds
from nia_optuna.search.environment import as_begun, environment, precision, source
from nia_optuna.search.executor import Executor, Inline, names_of
from nia_optuna.search.extension import extended
from nia_optuna.search.feasible import check_feasible
from nia_optuna.search.identity import facts_of
from nia_optuna.search.interrupt import Interrupted, Wish, interruptible
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.material import material_of
from nia_optuna.search.network_disk import network_warning
from nia_optuna.search.opening import (
    begin,
    beginning,
    heed,
    note_reported,
    open_ledger,
    unqueued,
)
from nia_optuna.search.processes import Processes
from nia_optuna.search.pruning_check import PruningCheck, left_to_finish, said_of
from nia_optuna.search.ray_cluster import Cluster
from nia_optuna.search.ray_executor import RayTrainers
from nia_optuna.search.ray_trainer import Setting
from nia_optuna.search.runs import Runs
from nia_optuna.search.storage import claim, open_storage
from nia_optuna.search.study_files import study_files
from nia_optuna.search.turn import my_turn, stages
from nia_optuna.search.watch import Opened, Said, Stage, Watch
from nia_optuna.study import Study, check_space
from nia_optuna.training.device import Device


@dataclass(frozen=True)
class Place:
    """Where a run reads and writes.

    `storage` is a database URL, None for the file in `runs`; `tensorboard` a folder for the event
    files of every training, None for none. Where several runs share a study, one that is silent
    for `lease` seconds is taken for dead; None for a minute. Raises AddressError.
    """

    runs: Runs
    data_dir: Path
    storage: str | None = field(default=None, repr=False)  # it may hold a password
    tensorboard: Path | None = None
    lease: float | None = None

    def __post_init__(self) -> None:
        sqlite_file(self.address)  # raises before anything is read or made

    @property
    def address(self) -> str:
        """The database URL, of the file in `runs` unless another was given."""
        return default_address(self.runs.path) if self.storage is None else self.storage


@dataclass(frozen=True)
class Machine:
    """What a run trains on: one process a device; `inline` trains in the coordinator instead.

    With a `cluster` the processes are there, and the devices what one of its nodes says of its own.
    """

    devices: tuple[Device, ...]
    inline: bool = False
    cluster: Cluster | None = None

    @property
    def environment(self) -> dict[str, str | int]:
        """Versions and hardware, see `environment`."""
        if self.cluster is None:
            return environment(self.devices[0])
        return {**self.cluster.environment, "precision": precision(self.devices[0])}


def run(
    study: Study,
    place: Place,
    machine: Machine,
    watch: Watch,
    *,
    finish_pruned: int = 0,
    command: str = "",
    extend: str | None = None,
) -> optuna.Study:
    """Create or continue a study until its budget is spent and its best are confirmed.

    Then so many pruned trials in all are trained to their end, see PruningCheck. With `extend`, the
    name that the study has in its file, one of another space is taken along, see extended.

    Returns the stored study. Raises Interrupted when the user stopped it: everything is saved,
    and the same call continues. Raises ChangedError before any trial where the stored study
    asked another question; DataError, StorageError, SearchError and ExecutorError in one line.
    """
    parameters = check_space(study)
    data = open_data(study.dataset, place.data_dir, silent)
    splits = split(
        data,
        validation=study.validation,
        subset=study.subset,
        seed=study.seed,
        normalise=study.normalise,
    )
    check_feasible(study, splits)
    facts = facts_of(study, parameters, data, splits)
    if extend is not None:
        study = extended(study, extend, place, facts, watch)
    with claim(place.storage, place.runs.path, study.name), interruptible() as wish:
        storage = open_storage(place.storage, place.runs.path, create=True)
        file = sqlite_file(place.address)
        if file is not None and (warning := network_warning(file)):
            watch(Said(warning))
        heed(storage, wish)
        with beginning(storage, study.name, wish):
            ledger = open_ledger(
                study,
                storage,
                parameters,
                facts,
                tensorboard=place.tensorboard,
                standings=place.runs.standings.absolute(),
                outbox=place.runs.outbox.absolute(),
                inline=machine.inline,
                lease=place.lease,
                wish=wish,
            )
            if ledger.trials() and not _due(ledger, finish_pruned):
                _say_nothing_is_due(ledger, finish_pruned, watch)
                return ledger.stored
            machine = _as_begun(machine, ledger.stored, watch)
            facts |= {
                StudyAttr.COMMAND: command,
                StudyAttr.SOURCE: source(study),
                StudyAttr.ENVIRONMENT: machine.environment,
            }
            begin(ledger, storage, facts, watch)
        kind_of = Kinds(splits, machine.devices[0])
        with ledger.kept():
            _train(
                ledger, place, machine, watch, wish, kind_of=kind_of, finish_pruned=finish_pruned
            )
        if wish.stop:
            raise Interrupted
        return ledger.stored


def _say_nothing_is_due(ledger: Ledger, finish_pruned: int, watch: Watch) -> None:
    note_reported(ledger)
    if said := said_of(ledger, finish_pruned):
        watch(Said(said))
    count = ledger.finished()
    watch(Said(f"study {ledger.study.name!r} has {count} finished trials: nothing to do"))
    for name in unqueued(ledger):
        watch(Said(f"baseline {name!r} is new: it is trained with --trials {count + 1}"))


def _as_begun(machine: Machine, stored: optuna.Study, watch: Watch) -> Machine:
    """Return the machine in the precision that the study was begun in; say where it cannot be."""
    recorded = stored.user_attrs.get(StudyAttr.ENVIRONMENT)
    if recorded is None:
        return machine
    now = None if machine.cluster is None else machine.environment
    devices = tuple(as_begun(device, recorded, now) for device in machine.devices)
    used = precision(devices[0])
    if used != recorded.get("precision"):
        watch(
            Said(
                f"trained in {recorded.get('precision')} before, on other hardware, "
                f"and in {used} from here on"
            )
        )
    return replace(machine, devices=devices)


def _due(ledger: Ledger, finish_pruned: int) -> bool:
    """Return whether anything is left to train or to score."""
    return bool(
        ledger.missing() or not is_confirmed(ledger) or left_to_finish(ledger, finish_pruned)
    )


def _train(
    ledger: Ledger,
    place: Place,
    machine: Machine,
    watch: Watch,
    wish: Wish,
    *,
    kind_of: Kinds,
    finish_pruned: int,
) -> None:
    """Carry out the stages that have anything left to do, with trainers that live through all."""
    import torch

    # The trainers need the cores; a model of the space is asked with one thread beside them.
    torch.set_num_threads(1)
    executor = _executor(ledger, place, machine, watch, wish)
    try:
        if ledger.missing():
            with ledger.searching(), _session(ledger, "search", machine):
                watch(_opened(ledger, executor))
                Coordinator(ledger, executor, watch, wish, kind_of).search()
        if my_turn(ledger, lambda: not is_confirmed(ledger), watch, wish):
            with stages(ledger), _session(ledger, "confirmation", machine):
                Confirmation(ledger, executor, watch, wish, kind_of, place.runs).run()
        if not wish.stop and (said := said_of(ledger, finish_pruned)):
            watch(Said(said))
        if my_turn(ledger, lambda: bool(left_to_finish(ledger, finish_pruned)), watch, wish):
            with stages(ledger), _session(ledger, "pruning check", machine):
                PruningCheck(ledger, executor, watch, wish, kind_of, finish_pruned).run()
    finally:
        executor.close()


def _executor(ledger: Ledger, place: Place, machine: Machine, watch: Watch, wish: Wish) -> Executor:
    study = ledger.study
    material = material_of(study, place.data_dir)
    if machine.inline:
        return Inline(material, machine.devices[0], wish)
    if machine.cluster is None:
        return Processes(material, machine.devices)
    setting = Setting(
        wanted=machine.cluster.wanted,
        material=replace(material, source=absolute(study.dataset)),
        files=study_files(study.path) if study.path else None,
        recorded=machine.environment,
        fingerprint=ledger.stored.user_attrs[StudyAttr.DATASET]["fingerprint"],
    )
    return RayTrainers(setting, machine.cluster, machine.devices, watch)


def _opened(ledger: Ledger, executor: Executor) -> Opened:
    budget = ledger.study.budget
    return Opened(
        stage="search",
        study=ledger.study.name,
        metric=ledger.study.metric,
        done=ledger.finished(),
        total=ledger.finished() + ledger.missing(),
        epochs=budget.epochs,
        workers=len(executor.devices),
        device=names_of(executor.devices),
        best=ledger.best(),
    )


@contextmanager
def _session(ledger: Ledger, stage: Stage, machine: Machine) -> Iterator[None]:
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
        with ledger.alone():
            sessions = ledger.stored.user_attrs.get(StudyAttr.SESSIONS, [])
            ledger.stored.set_user_attr(StudyAttr.SESSIONS, [*sessions, session])
