"""A stored study and those that extend it, each with a space of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from optuna.storages import RDBStorage

from nia_optuna.record import StudyAttr
from nia_optuna.search.identity import ChangedError, changes
from nia_optuna.settings import NAME

Attrs = Mapping[str, Any]


def known(storage: RDBStorage) -> dict[str, Attrs]:
    """Return the attributes of every study in the storage that could be ours, by its name."""
    studies = storage.get_all_studies()
    # A name becomes that of a file, and another program may have given it.
    return {s.study_name: s.user_attrs for s in studies if NAME.fullmatch(s.study_name)}


def family(storage: RDBStorage, first: str) -> dict[str, Attrs]:
    """Return a study and those that extend it, in the order in which they were made.

    Raises ChangedError where there is no such study.
    """
    there = known(storage)
    if not is_whole(there.get(first, {})):
        raise ChangedError(f"there is no study {first!r} to extend; run it without --extend")
    kin = {first}
    while more := {n for n in there.keys() - kin if _extends(there[n]) in kin}:
        kin |= more
    return {name: attrs for name, attrs in there.items() if name in kin}


def going_on(kin: Mapping[str, Attrs], facts: Attrs, wanted: str | None) -> str | None:
    """Return the study of the family that asks what `facts` ask, None where there is none.

    Raises ChangedError where there is one, and a new one is `wanted` by its name.
    """
    same = [n for n, attrs in kin.items() if is_whole(attrs) and not changes(attrs, facts)]
    if same and wanted is not None:
        raise ChangedError(f"study {same[0]!r} has this space: continue it with --name {same[0]}")
    return same[0] if same else None


def latest(kin: Mapping[str, Attrs]) -> str:
    """Return the study of the family that was made last."""
    return next(name for name in reversed(list(kin)) if is_whole(kin[name]))


def next_name(old: str, there: Mapping[str, Attrs]) -> str:
    """Return the name of the study after `old`: x-2 after x, x-3 after that."""
    base = re.sub(r"-\d+$", "", old) if StudyAttr.EXTENDS in there[old] else old
    number = 2
    while not is_free(f"{base}-{number}", old, there):
        number += 1
    return f"{base}-{number}"


def is_free(name: str, old: str, there: Mapping[str, Attrs]) -> bool:
    """Return whether there is no study of that name but perhaps a half-made copy of `old`."""
    return name not in there or (not is_whole(there[name]) and _extends(there[name]) == old)


def is_whole(attrs: Attrs) -> bool:
    """Return whether all that a study begins with is there."""
    return StudyAttr.SPACE in attrs


def _extends(attrs: Attrs) -> str | None:
    link = attrs.get(StudyAttr.EXTENDS)
    return link.get("study") if isinstance(link, dict) else None
