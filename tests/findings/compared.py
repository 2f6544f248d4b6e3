"""Studies to compare: the made-up ones with another name, seed, setting or level."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.storages import BaseStorage

from nia_optuna.findings.facts import StudyFacts
from nia_optuna.findings.read import read
from nia_optuna.record import StudyAttr
from tests.findings import made


def study(
    name: str,
    storage: BaseStorage | None = None,
    *,
    seed: int = 0,
    gain: float = 0.0,
    **settings: object,
) -> optuna.Study:
    """Return a confirmed study; `gain` is added to all that its fresh seeds reached.

    Its fresh seeds are 501 to 503 for seed 0, and others for every other.
    """
    found = made.confirmed(name, storage)
    told = found.user_attrs[StudyAttr.SETTINGS] | {"seed": seed} | settings
    found.set_user_attr(StudyAttr.SETTINGS, told)
    records: dict[str, Any] = {}
    for number, record in enumerate(found.user_attrs[StudyAttr.CONFIRMATION].values()):
        fresh = record["seed"] + 1000 * seed
        luck = gain + 0.0001 * ((7 * number + 3 * seed) % 5)
        moved = {
            part: record[part] + (luck if gain or seed else 0.0)
            for part in ("validation", "test")
            if record[part] is not None
        }
        records[f"{record['trial']}/{fresh}"] = record | {"seed": fresh} | moved
    found.set_user_attr(StudyAttr.CONFIRMATION, records)
    return found


def facts(name: str, *, seed: int = 0, gain: float = 0.0, **settings: object) -> StudyFacts:
    """Return what the storage says of such a study."""
    return read(study(name, None, seed=seed, gain=gain, **settings))
