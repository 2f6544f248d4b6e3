"""The stored study at the beginning of a run: new with its first trials queued, or continued."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import TrialState

from nia_optuna.metric import maximised
from nia_optuna.parameter import Parameter
from nia_optuna.recipe import Recipe
from nia_optuna.record import DEFAULTS, StudyAttr, TrialAttr
from nia_optuna.search.environment import source
from nia_optuna.search.identity import check_same, stable_repr
from nia_optuna.search.interrupt import Wish
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.outbox import Outbox
from nia_optuna.search.pruner import pruner_of
from nia_optuna.search.rehearsal import rehearsed
from nia_optuna.search.runs import private_folder
from nia_optuna.search.sampler import derived_seed, sampler_of, seeded_by
from nia_optuna.search.sole_writer import SoleWriter
from nia_optuna.search.storage import sign_of
from nia_optuna.search.watch import Said, Watch
from nia_optuna.space import Space, Value, answers
from nia_optuna.study import Study


def open_ledger(
    study: Study,
    storage: RDBStorage,
    parameters: Mapping[str, Parameter],
    facts: Mapping[str, Any],
    *,
    tensorboard: Path | None = None,
    standings: Path | None = None,
    outbox: Path | None = None,
    inline: bool = False,
    lease: float | None = None,
    wish: Wish | None = None,
) -> Ledger:
    """Return the stored study, made where absent; nothing in one that is there is changed.

    Of `tensorboard`, `standings` and `outbox` it has a folder of its own. It is `inline` where this
    process trains the trials itself. A coordinator that is
    silent for `lease` seconds is taken for dead where several share it; a server that is away is
    waited for while `wish` lets it.

    Raises ChangedError where the stored study asks another question than `facts`.
    """
    up = maximised(study.metric)
    direction = StudyDirection.MAXIMIZE if up else StudyDirection.MINIMIZE
    stored = optuna.create_study(
        study_name=study.name,
        storage=writer_of(storage, lease, outbox_of(outbox, study.name, storage), wish),
        direction=direction,
        sampler=sampler_of(study.sampler, parameters, study.seed),
        # The rungs are those of what is searched: a baseline may train for much longer.
        pruner=pruner_of(study.pruner, study.epochs(study.recipe({}))),
        load_if_exists=True,
    )
    if StudyAttr.EXTENDS in stored.user_attrs:
        # Trials that were left out had numbers that come again: their draws must not.
        fresh = derived_seed(study.seed, study.name)
        stored.sampler = sampler_of(study.sampler, parameters, fresh)
    ledger = Ledger(
        study,
        stored,
        tensorboard and tensorboard / study.name,
        standings and standings / study.name / _digest(study, storage, facts),
        inline=inline,
        sign=sign_of(storage, study.name),
    )
    if _is_begun(ledger) or stored.direction != direction:
        check_same(study.name, stored.user_attrs, facts)
    return ledger


def writer_of(
    storage: RDBStorage,
    lease: float | None = None,
    outbox: Outbox | None = None,
    wish: Wish | None = None,
) -> SoleWriter:
    """Return the storage as a coordinator writes to it, alone or as one of several."""
    if storage.engine.dialect.name != "postgresql":
        return SoleWriter(storage, outbox)
    from nia_optuna.search.leases import LEASE_SECONDS
    from nia_optuna.search.shared_writer import SharedWriter

    return SharedWriter(storage, outbox, LEASE_SECONDS if lease is None else lease, wish)


def outbox_of(folder: Path | None, study: str, storage: RDBStorage) -> Outbox | None:
    """Return the outbox of a study in a storage, whoever is let in there; None without a folder."""
    return None if folder is None else Outbox(folder / study / _short(_address(storage)))


def say_retold(told: int, watch: Watch) -> None:
    """Say how many trials were told that an earlier run could not tell, if there were any."""
    if told:
        watch(Said(f"{told} trials that had ended are told: the storage was away, or the run died"))


def heed(storage: RDBStorage, wish: Wish) -> None:
    """Let nobody wait for answers of a server for long after `wish`."""
    if storage.engine.driver == "psycopg":
        from nia_optuna.search import unanswered

        unanswered.heed(storage.engine, wish)


def beginning(
    storage: RDBStorage, study: str, wish: Wish | None = None
) -> AbstractContextManager[None]:
    """Return a context in which nobody else begins a study where several may share it.

    A server that is away is waited for while `wish` lets it.
    """
    if storage.engine.dialect.name != "postgresql":
        return nullcontext()
    from nia_optuna.search.patience import Patience
    from nia_optuna.search.transactions import alone

    return alone(storage.engine, study, Patience(wish or Wish()))


def begin(ledger: Ledger, storage: RDBStorage, facts: Mapping[str, Any], watch: Watch) -> None:
    """Queue what the search does not have to find, take up what was interrupted, record `facts`.

    The defaults are trial 0; then come the named baselines, the cells of a grid and, in a new
    study that is none, the best of a rehearsal. A run that was killed while it queued left some;
    those are not queued again.
    """
    fresh = not _is_begun(ledger)
    say_retold(ledger.retell(), watch)
    for number, why in ledger.count_deaths():
        watch(Said(f"trial {number} failed: {why}"))
    if ledger.standings is not None:
        if fresh:
            # Of a study of this name that is gone; its trials had the same numbers and seeds.
            shutil.rmtree(ledger.standings, ignore_errors=True)
        private_folder(ledger.standings)
        _sweep(ledger, ledger.standings)
    if again := ledger.reap():
        watch(Said(f"{again} interrupted trials go on with the draws they had"))
    _queue_baselines(ledger)
    _queue_cells(ledger)
    if len(ledger.grid) > ledger.study.budget.trials:
        asked, cells = ledger.study.budget.trials, len(ledger.grid)
        watch(Said(f"{asked} of the grid's {cells} cells are asked for"))
    if fresh and not ledger.grid:
        _queue_rehearsed(ledger, storage, facts[StudyAttr.SPACE], watch)
    # The space comes last: it says that everything before it is there.
    for name in sorted(facts, key=lambda name: name == StudyAttr.SPACE):
        ledger.stored.set_user_attr(name, facts[name])


def _is_begun(ledger: Ledger) -> bool:
    """Return whether the study holds more than what `begin` puts there."""
    return StudyAttr.SPACE in ledger.stored.user_attrs or not all(
        {TrialAttr.BASELINE, TrialAttr.REHEARSED, TrialAttr.CELL} & t.user_attrs.keys()
        for t in ledger.trials()
    )


def _digest(study: Study, storage: RDBStorage, facts: Mapping[str, Any]) -> str:
    """Return what tells apart trainings that look alike: of other storages, data, or code."""
    told = _address(storage), facts.get(StudyAttr.DATASET), source(study)["sha256"]
    return _short(json.dumps(told, sort_keys=True))


def _address(storage: RDBStorage) -> str:
    """Return where a storage is, from whatever folder and by whomever it is asked."""
    url = storage.engine.url
    if url.get_backend_name() == "sqlite":
        return str(Path(url.database or "").resolve())
    return f"{url.host or url.query.get('host')}:{url.port}/{url.database}"


def _short(about: str) -> str:
    return hashlib.sha256(about.encode()).hexdigest()[:16]


def _sweep(ledger: Ledger, folder: Path) -> None:
    """Drop what trials left there that have ended, and files that were never finished."""
    ended: set[str] = set()
    for trial in ledger.trials(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL):
        seeds = [trial.user_attrs.get(TrialAttr.SEED)]
        seeds += [chance.seed for chance in ledger.repeats(seeded_by(trial))]
        ended |= {f"{trial.number}-{seed}.safetensors" for seed in seeds}
    for file in folder.iterdir():
        unfinished = file.name.startswith(".")
        of = file.name[1:].rpartition(".")[0] if unfinished else file.name
        # What is unfinished of a trial that goes on, another coordinator may be writing.
        if of in ended or (unfinished and not ledger.shared):
            file.unlink(missing_ok=True)


def note_reported(ledger: Ledger) -> None:
    """Record what authors reported where the study file says otherwise now: nothing hangs on it."""
    settings = ledger.stored.user_attrs.get(StudyAttr.SETTINGS, {})
    told = dict(ledger.study.reported)
    if settings.get("reported", {}) != told:
        ledger.stored.set_user_attr(StudyAttr.SETTINGS, {**settings, "reported": told})


def unqueued(ledger: Ledger) -> list[str]:
    """Return the baselines that have no trial yet, the defaults first."""
    known = {t.user_attrs.get(TrialAttr.BASELINE) for t in ledger.trials()}
    return [name for name in (DEFAULTS, *ledger.study.baselines) if name not in known]


def _queue_baselines(ledger: Ledger) -> None:
    for name in unqueued(ledger):
        given = ledger.study.baselines.get(name, {})
        attrs: dict[str, object] = {TrialAttr.BASELINE: name}
        if isinstance(given, Recipe):
            ledger.enqueue({}, attrs | {TrialAttr.RECIPE: stable_repr(given)})
            continue
        params = _whole(ledger.study, given)
        if params in ledger.grid:
            attrs[TrialAttr.CELL] = ledger.grid.index(params)
        ledger.enqueue(params, attrs)


def _queue_cells(ledger: Ledger) -> None:
    """Queue as many cells as are asked for, in an order that leaves no corner to the end."""
    known = {
        t.user_attrs[TrialAttr.CELL] for t in ledger.trials() if TrialAttr.CELL in t.user_attrs
    }
    order = list(range(len(ledger.grid)))
    random.Random(ledger.study.seed).shuffle(order)  # noqa: S311  # no secret is drawn
    missing = [number for number in order if number not in known]
    for number in missing[: max(0, ledger.study.budget.trials - len(known))]:
        ledger.enqueue(ledger.grid[number], {TrialAttr.CELL: number})


def _queue_rehearsed(
    ledger: Ledger, storage: RDBStorage, space: list[dict[str, Any]], watch: Watch
) -> None:
    study = ledger.study
    given = ({}, *study.baselines.values())
    baselines = [_whole(study, params) for params in given if not isinstance(params, Recipe)]
    known = {t.user_attrs.get(TrialAttr.REHEARSED) for t in ledger.trials()}
    rehearsal, best = rehearsed(storage, study, space, apart_from=baselines)
    for trial in best:
        if trial.number not in known:
            ledger.enqueue(trial.params, {TrialAttr.REHEARSED: trial.number})
    if best:
        ledger.stored.set_user_attr(StudyAttr.REHEARSAL, rehearsal)
        watch(Said(f"the best {len(best)} configurations of {rehearsal!r} are tried first"))


def _whole(study: Study, params: Mapping[str, Value]) -> dict[str, Value]:
    """Return a baseline's value for every parameter that its branches ask for."""
    space = Space(answers(params))
    study(space)
    return space.values
