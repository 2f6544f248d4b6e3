"""`nia-optuna report`: write studies up."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from nia_optuna.cli.options import RUNS, RunsDir, Storage


def report(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Studies; all of them if absent."),
    ] = None,
    *,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    reports_dir: Annotated[Path, typer.Option(help="Where reports go.")] = Path("reports"),
    json: Annotated[
        bool, typer.Option("--json", help="Print the summaries as one JSON document.")
    ] = False,
) -> None:
    """Write studies up: a folder each of Markdown, pictures, a table and a summary.

    Several that are named are compared, too, in a folder of their own.
    """
    import optuna

    from nia_optuna.findings.choose import UnknownStudyError, chosen
    from nia_optuna.findings.summary import summary_of
    from nia_optuna.search.runs import Runs
    from nia_optuna.search.storage import open_storage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    opened = open_storage(storage, runs_dir, create=False)
    try:
        studies = chosen(opened, names or [])
    except UnknownStudyError as error:
        raise typer.BadParameter(str(error)) from None
    if not names:
        studies = [study for study in studies if _is_folder_name(study.study_name)]
    folders = [reports_dir / _folder_name(study.study_name) for study in studies]
    for name in sorted({name for name in names or [] if (names or []).count(name) > 1}):
        typer.echo(f"study {name!r} is named more than once: it is written once", err=True)

    from nia_optuna.report.artifacts import artifacts
    from nia_optuna.report.comparison.write import write_comparison
    from nia_optuna.report.index import write_index
    from nia_optuna.report.write import write_report  # seaborn loads slowly: after the checks

    for study, folder in zip(studies, folders, strict=True):
        readme = write_report(study, folder, artifacts(Runs(runs_dir).artifacts))
        typer.echo(str(readme), err=json)
    if names and len(studies) > 1:
        readme = write_comparison(studies, reports_dir, artifacts(Runs(runs_dir).artifacts))
        typer.echo(str(readme), err=json)
    if studies and (index := write_index(reports_dir)):
        typer.echo(str(index), err=json)
    if json:
        summaries = [summary_of(study) for study in studies]
        sys.stdout.write(jsonlib.dumps(summaries, indent=2, allow_nan=False) + "\n")
    elif not studies:
        typer.echo("the storage has no studies yet; start one with: nia-optuna run STUDY.py")


def _is_folder_name(study: str) -> bool:
    """Return whether the study's name is one of ours; say so where it is not."""
    from nia_optuna.settings import NAME

    if fit := NAME.fullmatch(study) is not None:
        return fit
    typer.echo(f"study {study!r} is passed over: its name is no folder name", err=True)
    return fit


def _folder_name(study: str) -> str:
    """Return the study's name where it is fit for a folder: another program may have made it."""
    from nia_optuna.settings import NAME

    if not NAME.fullmatch(study):
        raise typer.BadParameter(
            f"study name {study!r} is no folder name: 1 to 100 of A-Z a-z 0-9 . _ -, no leading dot"
        )
    return study
