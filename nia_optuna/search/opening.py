"""The stored study at the beginning of a run: new with its first trials queued, or continued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.storages import RDBStorage
from optuna.study import StudyDirection

from nia_optuna.parameter import Parameter
from nia_optuna.record import DEFAULTS, StudyAttr, TrialAttr
from nia_optuna.search.identity import check_same
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.pruner import pruner_of
from nia_optuna.search.rehearsal import rehearsed
from nia_optuna.search.sampler import sampler_of
from nia_optuna.search.watch import Said, Watch
from nia_optuna.space import Space, Value, answers
from nia_optuna.study import Study


def open_ledger(
    study: Study,
    storage: RDBStorage,
    parameters: Mapping[str, Parameter],
    facts: Mapping[str, Any],
) -> Ledger:
    """Return the stored study, made where absent; nothing in one that is there is changed.

    Raises ChangedError where the stored study asks another question than `facts`.
    """
    direction = StudyDirection.MAXIMIZE if study.metric == "accuracy" else StudyDirection.MINIMIZE
    stored = optuna.create_study(
        study_name=study.name,
        storage=storage,
        direction=direction,
        sampler=sampler_of(study.sampler, parameters, study.seed),
        pruner=pruner_of(study.pruner, study.budget.epochs),
        load_if_exists=True,
    )
    ledger = Ledger(study, stored)
    if _is_begun(ledger) or stored.direction != direction:
        check_same(study.name, stored.user_attrs, facts)
    return ledger


def begin(ledger: Ledger, storage: RDBStorage, facts: Mapping[str, Any], watch: Watch) -> None:
    """Queue what the search does not have to find, take up what was interrupted, record `facts`.

    The defaults are trial 0; then come the named baselines and, in a new study, the best of a
    rehearsal. A run that was killed while it queued left some; those are not queued again.
    """
    fresh = not _is_begun(ledger)
    if again := ledger.reap():
        watch(Said(f"{again} interrupted trials go on with the draws they had"))
    _queue_baselines(ledger)
    if fresh:
        _queue_rehearsed(ledger, storage, facts[StudyAttr.SPACE], watch)
    # The space comes last: it says that everything before it is there.
    for name in sorted(facts, key=lambda name: name == StudyAttr.SPACE):
        ledger.stored.set_user_attr(name, facts[name])


def _is_begun(ledger: Ledger) -> bool:
    """Return whether the study holds more than what `begin` puts there."""
    return StudyAttr.SPACE in ledger.stored.user_attrs or not all(
        TrialAttr.BASELINE in t.user_attrs or TrialAttr.REHEARSED in t.user_attrs
        for t in ledger.trials()
    )


def _queue_baselines(ledger: Ledger) -> None:
    known = {t.user_attrs.get(TrialAttr.BASELINE) for t in ledger.trials()}
    for name, params in {DEFAULTS: {}, **ledger.study.baselines}.items():
        if name not in known:
            ledger.enqueue(_whole(ledger.study, params), {TrialAttr.BASELINE: name})


def _queue_rehearsed(
    ledger: Ledger, storage: RDBStorage, space: list[dict[str, Any]], watch: Watch
) -> None:
    study = ledger.study
    baselines = [_whole(study, params) for params in ({}, *study.baselines.values())]
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
