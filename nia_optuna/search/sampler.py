"""The default search: a model of the whole space that also learns from pruned trials.

Optuna's GPSampler models only parameters that every trial has, and takes pruned trials for
worse than complete ones. So it is asked through a shadow: an in-memory study over the union of
all branches, in which every parameter is always present and every finished trial is complete.
The stored study records only what a trial really used.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from nia_optuna.imputation import imputed, in_space
from nia_optuna.record import TrialAttr
from nia_optuna.search.distributions import distribution
from nia_optuna.search.model_space import model_space, proposed_value
from nia_optuna.search.process import Process
from nia_optuna.search.shadow import Shadow
from nia_optuna.search.warping import half_ranked
from nia_optuna.settings import SamplerName
from nia_optuna.space import Parameter

# A Gaussian process costs the cube of its trials: 0.1-0.3 s an ask at a hundred.
MOST_FOR_GP = 300
# So many draws are random, and as long as fewer than a few trials have come to anything.
STARTUP_TRIALS = 10
FEWEST_VALUES = 4
# From this epoch on a model learns from a trial that still runs, as from one pruned there.
TELLING_EPOCH = 3


class UnionSampler(BaseSampler):
    """Proposes a value for every parameter of every branch; a trial uses those it asks for.

    Every proposal has its own seed, made of the study's seed and the trial's number, so that a
    continued study repeats no draws.
    """

    def __init__(
        self, parameters: Mapping[str, Parameter], seed: int, model: SamplerName = "auto"
    ) -> None:
        self._parameters = dict(parameters)
        self._union = {name: distribution(p) for name, p in parameters.items()}
        self._modelled = model_space(parameters)
        self._seed = seed
        self._model = model
        self._process = Process(FEWEST_VALUES)
        self._known: dict[int, tuple[FrozenTrial, FrozenTrial]] = {}

    def infer_relative_search_space(
        self,
        study: optuna.Study,  # noqa: ARG002  # Optuna's signature
        trial: FrozenTrial,  # noqa: ARG002
    ) -> dict[str, BaseDistribution]:
        """Return the union of all branches."""
        return self._union

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Return a value for every parameter of the union."""
        others = [t for t in study.get_trials(deepcopy=False) if t.number != trial.number]
        shadow = Shadow(self._shadows(others, study.direction), study.direction, self._modelled)
        finished = sum(t.state.is_finished() for t in others)
        proposed = shadow.propose(self._asked(shadow, finished, trial.number))
        return {name: proposed_value(self._parameters[name], v) for name, v in proposed.items()}

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # noqa: ANN401  # Optuna's signature
        """Return a random value for a parameter that exploring the space did not meet."""
        sampler = RandomSampler(seed=derived_seed(self._seed, trial.number, param_name))
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def _asked(self, shadow: Shadow, finished: int, number: int) -> BaseSampler:
        """Return the sampler that proposes the trial of this number."""
        seed = derived_seed(self._seed, number)
        model = self._model
        if model == "auto":
            model = "gp" if finished <= MOST_FOR_GP else "tpe"
        valued = sum(t.state == TrialState.COMPLETE for t in shadow.trials)
        if len(shadow.trials) < STARTUP_TRIALS or valued < FEWEST_VALUES:
            return RandomSampler(seed=seed)
        if model == "gp":
            return self._process.sampler(shadow, seed)
        if model == "tpe":
            return TPESampler(seed=seed, n_startup_trials=FEWEST_VALUES)
        # A grid is queued whole: nothing is left to propose.
        return RandomSampler(seed=seed)

    def _shadows(
        self, trials: Sequence[FrozenTrial], direction: StudyDirection
    ) -> list[FrozenTrial]:
        # A baseline outside the space has no place in a model of it.
        inside = [_as_it_stands(t) for t in trials if in_space(t)]
        known = imputed(inside, direction).values
        warped = half_ranked(list(known.values()), maximize=direction == StudyDirection.MAXIMIZE)
        values = dict(zip(known, warped.tolist(), strict=True))
        shown = [t for t in inside if t.number in values or _is_drawn(t)]
        return [self._shadow(k, t, values.get(t.number)) for k, t in enumerate(shown, start=1)]

    def _shadow(self, number: int, trial: FrozenTrial, value: float | None) -> FrozenTrial:
        """Return a trial as a model sees it, under another number: complete where it has a value.

        It has a value for every parameter: used, else proposed, else the default.
        """
        # Thousands of trials are gone through at every ask, and few have changed since the last.
        known, shadow = self._known.get(trial.number, (None, None))
        if known is trial and shadow and (shadow.number, shadow.value) == (number, value):
            return shadow
        proposed = trial.user_attrs.get(TrialAttr.DRAWN, {})
        shadow = FrozenTrial(
            number=number,
            trial_id=number,
            state=TrialState.RUNNING if value is None else TrialState.COMPLETE,
            value=value,
            datetime_start=trial.datetime_start,
            datetime_complete=trial.datetime_complete,
            params={
                name: trial.params.get(name, proposed.get(name, parameter.default))
                for name, parameter in self._parameters.items()
            },
            distributions=self._modelled,
            user_attrs={},
            system_attrs={},
            intermediate_values={},
        )
        self._known[trial.number] = trial, shadow
        return shadow


def _as_it_stands(trial: FrozenTrial) -> FrozenTrial:
    """Return a trial that runs and has shown something as one that was pruned now.

    With eight workers the model would otherwise know nothing of the eight latest proposals.
    """
    if trial.state != TrialState.RUNNING or len(trial.intermediate_values) < TELLING_EPOCH:
        return trial
    stands = copy.copy(trial)
    stands.state = TrialState.PRUNED
    return stands


def _is_drawn(trial: FrozenTrial) -> bool:
    """Return whether a trial runs with parameters; one that was just begun has none yet."""
    drawn = bool(trial.params) or TrialAttr.DRAWN in trial.user_attrs
    return trial.state == TrialState.RUNNING and drawn


def sampler_of(
    named: SamplerName | BaseSampler, parameters: Mapping[str, Parameter], seed: int
) -> BaseSampler:
    """Return the sampler a study asks for; one of Optuna's own is used as it is."""
    return UnionSampler(parameters, seed, named) if isinstance(named, str) else named


def seeded_by(trial: FrozenTrial) -> int:
    """Return the number that a trial's seeds are made of: its own, before it was migrated."""
    attrs = trial.user_attrs
    return int(attrs.get(TrialAttr.SEEDED, attrs.get(TrialAttr.MIGRATED, trial.number)))


def derived_seed(*parts: object) -> int:
    """Return a seed in [0, 2**31) that depends on all parts and on nothing else."""
    text = "/".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % 2**31
