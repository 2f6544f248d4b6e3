"""Trials made elsewhere, shown to one of Optuna's samplers as a study of their own.

Adding a thousand trials to a study of Optuna's takes half a second, and finding out which
parameters they share another tenth; here they are shown as they are, and what they share is known.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState


@dataclass(frozen=True)
class Shadow:
    """Trials of which each has a value for every parameter of `space`, numbered from 1."""

    trials: Sequence[FrozenTrial]
    direction: StudyDirection
    space: Mapping[str, BaseDistribution]

    def propose(self, sampler: BaseSampler) -> dict[str, Any]:
        """Return a value for every parameter, as `sampler` proposes it for one more trial."""
        storage = _Shown(self.trials)
        study = optuna.create_study(storage=storage, direction=self.direction, sampler=sampler)
        asked = storage.create_new_trial(storage.get_study_id_from_name(study.study_name))
        trial = storage.get_trial(asked)
        # By name, as Optuna has them: the order decides what is drawn with which random number.
        several = {name: d for name, d in sorted(self.space.items()) if not d.single()}
        related = sampler.sample_relative(study, trial, several)
        return {
            name: related[name]
            if name in related
            else sampler.sample_independent(study, trial, name, its)
            for name, its in self.space.items()
        }


class _Shown(InMemoryStorage):
    """Shows the given trials; the one that is asked for has the number 0."""

    def __init__(self, trials: Sequence[FrozenTrial]) -> None:
        super().__init__()
        self._trials = trials

    def get_all_trials(
        self,
        study_id: int,  # noqa: ARG002  # Optuna's signature
        deepcopy: bool = True,  # noqa: ARG002, FBT001, FBT002  # samplers change no trial
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """Return the trials in any of `states`."""
        return [t for t in self._trials if states is None or t.state in states]
