"""Facts → a pandas frame, for tables and plots."""

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
