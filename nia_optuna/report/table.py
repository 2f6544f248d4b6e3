"""`trials.csv`: the trials frame for spreadsheets and scripts."""

import csv
import io

import pandas as pd

from nia_optuna.report.escape import cell


def trials_csv(trials: pd.DataFrame) -> str:
    """Return the trials frame as CSV; missing values are empty, numbers keep every digit."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([cell(str(column)) for column in trials.columns])
    for row in trials.astype(object).itertuples(index=False):
        writer.writerow(["" if pd.isna(value) else cell(value) for value in row])
    return text.getvalue()
