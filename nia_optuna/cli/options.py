"""Options that several commands have in common, as annotations."""

from pathlib import Path
from typing import Annotated

import typer

Storage = Annotated[
    str | None,
    typer.Option(
        "--storage",
        envvar="NIA_OPTUNA_STORAGE",
        show_envvar=False,
        help="Database URL (or NIA_OPTUNA_STORAGE); runs/studies.db if absent.",
    ),
]
RunsDir = Annotated[
    Path,
    typer.Option(
        "--runs-dir",
        envvar="NIA_OPTUNA_RUNS",
        show_envvar=False,
        help="Where runs live (or NIA_OPTUNA_RUNS).",
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="NIA_OPTUNA_DATA",
        show_envvar=False,
        help="Where data sets live (or NIA_OPTUNA_DATA).",
    ),
]
RUNS = Path("runs")
