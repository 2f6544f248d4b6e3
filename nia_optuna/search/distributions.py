"""Parameters as Optuna knows them."""

from __future__ import annotations

from optuna import Trial
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from nia_optuna.space import Answer, Parameter, Value


def distribution(parameter: Parameter) -> BaseDistribution:
    """Return the Optuna distribution of a parameter."""
    if parameter.kind == "choice":
        return CategoricalDistribution(parameter.choices)
    if parameter.kind == "integer":
        low, high = int(parameter.low), int(parameter.high)
        # Optuna wants the last step to end on the upper bound.
        high -= (high - low) % parameter.step
        return IntDistribution(low, high, log=parameter.log, step=parameter.step)
    return FloatDistribution(parameter.low, parameter.high, log=parameter.kind == "log")


def suggested_by(trial: Trial) -> Answer:
    """Answer every parameter with the trial's suggestion, which records it."""

    def answer(parameter: Parameter) -> Value:
        if parameter.kind == "choice":
            return trial.suggest_categorical(parameter.name, parameter.choices)
        wanted = distribution(parameter)
        if isinstance(wanted, IntDistribution):
            return trial.suggest_int(
                parameter.name, wanted.low, wanted.high, step=wanted.step, log=wanted.log
            )
        return trial.suggest_float(
            parameter.name, parameter.low, parameter.high, log=parameter.kind == "log"
        )

    return answer
