"""Facts → pandas frames, for tables and plots."""

from __future__ import annotations

import pandas as pd

from nia_optuna.findings.facts import StudyFacts

TRIAL_COLUMNS = {
    "number": "Int64",
    "state": "object",
    "value": "Float64",
    "baseline": "object",
    "seed": "Int64",
    "seconds": "Float64",
    "epochs": "Int64",
    "best_epoch": "Int64",
    "stopped": "object",
    "parameters": "Int64",
    "attempts": "Int64",
    "failure": "object",
    "most_epochs": "Int64",
    "seeds": "Int64",
    "epochs_trained": "Int64",
    "cell": "Int64",
    "recipe": "object",
    "path": "object",
}
"""Columns of the trials frame before its parameters, with their types."""

CURVE_COLUMNS = {
    "trial": "Int64",
    "epoch": "Int64",
    "metric": "Float64",
    "train_loss": "Float64",
    "train_accuracy": "Float64",
    "validation_loss": "Float64",
    "validation_accuracy": "Float64",
    "train_mse": "Float64",
    "train_mae": "Float64",
    "validation_mse": "Float64",
    "validation_mae": "Float64",
    "first_loss": "Float64",
    "blank_loss": "Float64",
    "lr": "Float64",
    "seconds": "Float64",
}
"""Columns of the curves frame with their types."""


def trials_frame(facts: StudyFacts) -> pd.DataFrame:
    """Return one row a trial, by number: TRIAL_COLUMNS, then `param.<name>` sorted by name.

    `value` is the validation metric (of a pruned trial, at its last epoch), the mean over `seeds`
    trainings; `seconds` is their time. Parameters keep the types they were drawn with; one that a
    trial did not use is missing.
    """
    names = sorted({name for trial in facts.trials for name in trial.configuration})
    rows = [
        {column: getattr(trial, column) for column in TRIAL_COLUMNS if column != "seeds"}
        | {"seeds": 1 + len(trial.repeats)}
        | {f"param.{name}": trial.configuration.get(name, pd.NA) for name in names}
        for trial in facts.trials
    ]
    columns = TRIAL_COLUMNS | {f"param.{name}": "object" for name in names}
    return pd.DataFrame(rows, columns=list(columns), dtype=object).astype(columns)


def curves_frame(facts: StudyFacts) -> pd.DataFrame:
    """Return one row an epoch of a trial, by trial and epoch: CURVE_COLUMNS.

    `metric` is the study's metric on the validation part; accuracies are fractions, losses nats.
    """
    rows = [
        vars(epoch) | {"trial": trial.number, "epoch": epoch.number}
        for trial in facts.trials
        for epoch in trial.curve
    ]
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS), dtype=object).astype(CURVE_COLUMNS)
