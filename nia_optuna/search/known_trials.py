"""The trials of a study in memory, where Optuna would read all that are not finished every time."""

from __future__ import annotations

import copy
import threading
from collections.abc import Container, Iterable
from operator import itemgetter
from typing import cast

from optuna.distributions import BaseDistribution
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.orm import Session

from nia_optuna.search.study_storage import StudyStorage


class KnownTrials(StudyStorage):
    """Reads the trials of a study in `database` once, and knows them from then on.

    Trials that were handed out do not change. Threads may share it.
    """

    def __init__(self, database: RDBStorage) -> None:
        super().__init__(database)
        self._lock = threading.RLock()
        self._studies: dict[int, dict[int, FrozenTrial]] = {}  # by their ids, numbers ascending
        self._study_of: dict[int, int] = {}
        self._distributions: dict[tuple[int, str], BaseDistribution] = {}

    def delete_study(self, study_id: int) -> None:
        """Take a study away with everything in it."""
        super().delete_study(study_id)
        self._studies.pop(study_id, None)

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial; the value is the caller's own, who may change it."""
        with self._lock:
            trial = copy.copy(self._trials(self._study_of[trial_id])[trial_id])
        for place in ("params", "distributions", "user_attrs", "system_attrs"):
            setattr(trial, place, dict(getattr(trial, place)))
        trial.intermediate_values = dict(trial.intermediate_values)
        return trial

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,  # noqa: FBT001, FBT002  # Optuna's signature
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """Return the trials in any of `states`, by number."""
        with self._lock:
            trials = list(self._trials(study_id).values())
        found = [t for t in trials if states is None or t.state in states]
        return copy.deepcopy(found) if deepcopy else found

    def _trials(self, study_id: int) -> dict[int, FrozenTrial]:
        if study_id not in self._studies:
            self._studies[study_id] = {}
            self._know(study_id, self._database.get_all_trials(study_id, deepcopy=False))
        return self._studies[study_id]

    def _know(self, study_id: int, trials: Iterable[FrozenTrial]) -> None:
        mine = self._studies[study_id]
        for trial in trials:
            trial_id = trial._trial_id  # noqa: SLF001  # it has no public name
            mine[trial_id] = trial
            self._study_of[trial_id] = study_id
            for name, known in trial.distributions.items():
                self._distributions.setdefault((study_id, name), known)
        # Threads read at once: what one brings may be older than what another brought before.
        ordered = sorted(mine.items(), key=itemgetter(0))
        mine.clear()
        mine.update(ordered)

    def _read(self, trial_id: int, trial: FrozenTrial) -> FrozenTrial:
        """Return a copy of a trial with what the database alone knows: its number and its times."""
        read = copy.copy(trial)
        with Session(self._database.engine) as session:
            row = session.get_one(models.TrialModel, trial_id)
            read.number = cast(int, row.number)
            read.datetime_start = row.datetime_start
            read.datetime_complete = row.datetime_complete
        read._trial_id = trial_id  # noqa: SLF001
        return read

    def _put(self, trial_id: int, place: str, key: object, value: object) -> bool:
        """Put a value into a new copy of a trial; return whether it had none there."""
        with self._lock:
            trials = self._trials(self._study_of[trial_id])
            trial = copy.copy(trials[trial_id])
            self.check_trial_is_updatable(trial_id, trial.state)
            held = getattr(trial, place)
            setattr(trial, place, {**held, key: value})
            trials[trial_id] = trial
            return key not in held
