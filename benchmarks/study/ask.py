"""A configuration from an Optuna trial, for the two peers that search with Optuna."""

from __future__ import annotations

from typing import assert_never

from optuna import Trial

from benchmarks.study.space import Choice, Integer, Log, Parameter, Question, Uniform, Value, owner


def ask(question: Question, trial: Trial) -> dict[str, Value]:
    """Return the values that a trial suggests, the optimizer's own for the one it chose."""
    settings: dict[str, Value] = {}
    for name, parameter in question.space.items():
        if owner(name) in ("", settings.get("optimizer")):
            settings[name] = _suggest(trial, name, parameter)
    return settings


def _suggest(trial: Trial, name: str, parameter: Parameter) -> Value:
    match parameter:
        case Choice(values):
            chosen = trial.suggest_categorical(name, values)
            assert chosen is not None, "no choice here is None"
            return chosen
        case Integer(low, high):
            return trial.suggest_int(name, low, high)
        case Uniform(low, high):
            return trial.suggest_float(name, low, high)
        case Log(low, high):
            return trial.suggest_float(name, low, high, log=True)
    assert_never(parameter)
