"""The default search: a model of the whole space that also learns from pruned trials.

Optuna's GPSampler models only parameters that every trial has, and takes pruned trials for
worse than complete ones. So it is asked through a shadow: an in-memory study over the union of
all branches, in which every parameter is always present and every finished trial is complete.
The stored study records only what a trial really used.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from nia_optuna.imputation import imputed, in_space
from nia_optuna.record import TrialAttr
from nia_optuna.search.distributions import distribution
from nia_optuna.settings import SamplerName
from nia_optuna.space import Parameter, Value

# A Gaussian process costs the cube of its trials: 0.1-0.3 s an ask at a hundred.
MOST_FOR_GP = 300
STARTUP_TRIALS = 10


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
        self._seed = seed
        self._model = model

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
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Return a value for every parameter of the union."""
        trials = study.get_trials(deepcopy=False)
        others = [t for t in trials if t.number != trial.number]
        finished = sum(t.state.is_finished() for t in others)
        shadow = optuna.create_study(
            direction=study.direction,
            sampler=_sampler(self._model, finished, derived_seed(self._seed, trial.number)),
        )
        shadow.add_trials(self._shadows(others, study.direction))
        return shadow.ask(search_space).params

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

    def _shadows(
        self, trials: Sequence[FrozenTrial], direction: optuna.study.StudyDirection
    ) -> list[FrozenTrial]:
        # A baseline outside the space has no place in a model of it.
        inside = [t for t in trials if in_space(t)]
        values = imputed(inside, direction).values
        shown = [t for t in inside if t.number in values or t.state == TrialState.RUNNING]
        return [
            create_trial(
                state=TrialState.COMPLETE if t.number in values else TrialState.RUNNING,
                value=values.get(t.number),
                params=self._whole(t),
                distributions=self._union,
            )
            for t in shown
        ]

    def _whole(self, trial: FrozenTrial) -> dict[str, Value]:
        """Return a value for every parameter: used, else proposed, else the default."""
        proposed = trial.user_attrs.get(TrialAttr.DRAWN, {})
        return {
            name: trial.params.get(name, proposed.get(name, parameter.default))
            for name, parameter in self._parameters.items()
        }


def sampler_of(
    named: SamplerName | BaseSampler, parameters: Mapping[str, Parameter], seed: int
) -> BaseSampler:
    """Return the sampler a study asks for; one of Optuna's own is used as it is."""
    return UnionSampler(parameters, seed, named) if isinstance(named, str) else named


def derived_seed(*parts: object) -> int:
    """Return a seed in [0, 2**31) that depends on all parts and on nothing else."""
    text = "/".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % 2**31


def _sampler(model: SamplerName, finished: int, seed: int) -> BaseSampler:
    if model == "auto":
        model = "gp" if finished <= MOST_FOR_GP else "tpe"
    if model in ("random", "grid"):  # a grid is queued whole: nothing is left to propose
        return RandomSampler(seed=seed)
    if model == "tpe":
        return TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return GPSampler(
            seed=seed, n_startup_trials=STARTUP_TRIALS, warn_independent_sampling=False
        )
