"""Which of the studies in a storage to look at."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from reprlib import repr as short
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optuna
    from optuna.storages import BaseStorage


class UnknownStudyError(ValueError):
    """A name that no study in the storage has: said in one line, with near matches."""


def chosen(storage: BaseStorage, names: Sequence[str]) -> list[optuna.Study]:
    """Return the studies of those names, once each; where none is given all, sorted by name.

    Studies with several objectives are passed over unless named: nia-optuna makes none.
    Raises UnknownStudyError for the first name that is not known.
    """
    import optuna

    kept = storage.get_all_studies()
    wanted = choose(names, [each.study_name for each in kept])
    several = {each.study_name for each in kept if len(each.directions) > 1}
    return [
        optuna.load_study(study_name=name, storage=storage)
        for name in wanted
        if name in names or name not in several
    ]


def choose(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return `names` once each, or all that are known (sorted) where none is given.

    Raises UnknownStudyError for the first name that is not known.
    """
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 3)
            hint = f"did you mean {' or '.join(near)}?" if near else _there(known)
            raise UnknownStudyError(f"no study is named {short(name)}; {hint}")
    return list(dict.fromkeys(names)) or sorted(known)


def _there(known: Sequence[str]) -> str:
    return f"there are: {', '.join(sorted(known)[:10])}" if known else "there are none yet"
