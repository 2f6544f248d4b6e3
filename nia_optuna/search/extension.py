"""A new study that begins with the trials of one whose space was another.

The old one is told what a run of it could not tell, what died with that waits again, and else it
is only read. Nothing stands for the new one before all of its trials are there: one that was left
half made is made again.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import optuna
from optuna.storages import RDBStorage
from optuna.study import StudyDirection

from nia_optuna.metric import maximised
from nia_optuna.parameter import SpaceError
from nia_optuna.record import StudyAttr
from nia_optuna.search.family import (
    Attrs,
    family,
    going_on,
    is_free,
    is_whole,
    known,
    latest,
    next_name,
)
from nia_optuna.search.identity import ChangedError, measure_changes, parameters_of
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.migration import Migration, migration, recipe_as_it_was
from nia_optuna.search.opening import beginning, outbox_of, say_retold, writer_of
from nia_optuna.search.storage import claim, open_storage, sign_of
from nia_optuna.search.watch import Said, Watch
from nia_optuna.settings import check_settings
from nia_optuna.study import Study

if TYPE_CHECKING:
    from nia_optuna.search.run import Place


def extended(study: Study, own: str, place: Place, facts: Attrs, watch: Watch) -> Study:
    """Return the study under the name of the stored one to go on with, which is made if need be.

    That is the study itself or one that extends it, directly or not, whose space is that of
    `facts`; else a new one that extends the latest of them. Where the study's name is not in the
    storage, it is that of the new one, and the study that is called `own` in its file is extended.

    Raises ChangedError where there is none, or where more than the space has changed.
    """
    storage = open_storage(place.storage, place.runs.path, create=False, check=True)
    first = study.name if is_whole(known(storage).get(study.name, {})) else own
    wanted = study.name if study.name != first else None
    with ExitStack() as claims:
        found = going_on(family(storage, first), facts, wanted)
        if found is None:
            claims.enter_context(claim(place.storage, place.runs.path, first))
            claims.enter_context(beginning(storage, first))
            # Another process may have made it before this one had the claim.
            found = going_on(family(storage, first), facts, wanted)
        if found is None:
            old = latest(family(storage, first))
            made = replace(study, name=wanted or next_name(old, known(storage)))
            _check_free(made.name, old, storage)
            for name in {old, made.name} - {first}:
                claims.enter_context(claim(place.storage, place.runs.path, name))
            # Whoever extends another study to this name, or begins one, waits and finds it taken.
            claims.enter_context(beginning(storage, made.name))
            check_settings(made)
            stored = optuna.load_study(study_name=old, storage=storage)
            direction = _check_extendable(made, stored, facts)
            _tidy(replace(made, name=old), storage, place, watch)
            watch(Said(_make(made, stored, storage, direction, facts)))
            return made
    if found != study.name:
        watch(Said(f"study {found!r} extends {first!r} and is continued"))
    return replace(study, name=found)


def _tidy(old: Study, storage: RDBStorage, place: Place, watch: Watch) -> None:
    """Tell, and let wait again, what runs of the old study left that died; its claim is held."""
    outbox = outbox_of(place.runs.outbox.absolute(), old.name, storage)
    writer = writer_of(storage, place.lease, outbox)
    stored = optuna.load_study(study_name=old.name, storage=writer)
    ledger = Ledger(old, stored, sign=sign_of(storage, old.name))
    say_retold(ledger.retell(), watch)
    for number, why in ledger.count_deaths():
        watch(Said(f"trial {number} of {old.name!r} failed: {why}"))
    # Where others may train it, what belongs to the dead is put back with the lease.
    with ledger.kept():
        if again := ledger.reap():
            watch(Said(f"{again} interrupted trials of {old.name!r} wait again"))


def _make(
    study: Study,
    stored: optuna.Study,
    storage: RDBStorage,
    direction: StudyDirection,
    facts: Attrs,
) -> str:
    """Make the study with the trials of the stored one that fit; return in a line what was done."""
    old = stored.study_name
    trials = stored.get_trials(deepcopy=False)
    before = parameters_of(stored.user_attrs[StudyAttr.SPACE])
    found = migration(trials, study, before, parameters_of(facts[StudyAttr.SPACE]))
    _check_free(study.name, old, storage)
    if study.name in known(storage):
        # It was left half made: nothing but copies is in it.
        optuna.delete_study(study_name=study.name, storage=storage)
    new = optuna.create_study(study_name=study.name, storage=storage, direction=direction)
    link = {
        "study": old,
        "trials": len(trials),
        "migrated": len(found.trials),
        "left_out": found.left_out,
    }
    new.set_user_attr(StudyAttr.EXTENDS, link)
    new.add_trials(found.trials)
    # The precision that the values come from; the space comes last, and says that all is there.
    was = stored.user_attrs.get(StudyAttr.ENVIRONMENT, {})
    told: dict[str, object] = {StudyAttr.ENVIRONMENT: was, **facts}
    for name in sorted(told, key=lambda name: name == StudyAttr.SPACE):
        new.set_user_attr(name, told[name])
    return _said(study.name, old, found, len(trials))


def _check_free(name: str, old: str, storage: RDBStorage) -> None:
    if not is_free(name, old, known(storage)):
        raise ChangedError(f"there is a study {name!r} already; take another --name")


def _check_extendable(study: Study, stored: optuna.Study, facts: Attrs) -> StudyDirection:
    """Return the direction of both; raise ChangedError where more than the space has changed."""
    attrs, up = stored.user_attrs, maximised(study.metric)
    direction = StudyDirection.MAXIMIZE if up else StudyDirection.MINIMIZE
    found = measure_changes(attrs, facts)
    if not found and stored.direction != direction:
        found = [f"it was to {stored.direction.name.lower()} its value"]
    if not found:
        found = _fixed(study, attrs)
    for what in found:
        raise ChangedError(
            f"study {stored.study_name!r} cannot be extended: {what}; "
            "start another without --extend, with --name, or undo the change"
        )
    return direction


def _fixed(study: Study, attrs: Attrs) -> list[str]:
    """Return what tells that the file holds other things fixed than it did, a line each."""
    was = attrs.get(StudyAttr.RECIPE)
    try:
        now = recipe_as_it_was(study, parameters_of(attrs[StudyAttr.SPACE]))
    except SpaceError as error:
        return [f"its defaults are not in the new space ({error}), so nothing tells what is fixed"]
    if was in (None, now):
        return []
    changed = (
        f"its defaults made {was} and make {now} now; the default of what is new must be the value "
        "that was fixed before"
    )
    return [changed]


def _said(name: str, old: str, found: Migration, trials: int) -> str:
    left = ", ".join(f"{count} {why}" for why, count in found.left_out.items())
    kept = f"study {name!r} begins with {len(found.trials)} of the {trials} trials of {old!r}"
    return kept + (f"; left out: {left}" if left else "")
