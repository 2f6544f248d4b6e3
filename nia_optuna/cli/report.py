"""`nia-optuna report`: write studies up."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING, Annotated

import typer

from nia_optuna.cli.options import RUNS, RunsDir, Storage

if TYPE_CHECKING:
    import optuna


def report(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Studies; all of them if absent."),
    ] = None,
    *,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    reports_dir: Annotated[Path, typer.Option(help="Where reports go.")] = Path("reports"),
    html: Annotated[
        bool, typer.Option("--html", help="Write report.html too: all in one file, to hand on.")
    ] = False,
    notes: Annotated[
        bool,
        typer.Option(help="Put the answer and pictures into the storage, for the dashboard."),
    ] = True,
    json: Annotated[
        bool, typer.Option("--json", help="Print the summaries as one JSON document.")
    ] = False,
) -> None:
    """Write studies up: a folder each of Markdown, pictures, a table and a summary.

    Several that are named are compared, too, in a folder of their own.
    """
    import optuna

    from nia_optuna.findings.summary import summary_of
    from nia_optuna.search.runs import Runs
    from nia_optuna.search.storage import open_storage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    opened = open_storage(storage, runs_dir, create=False)
    studies = _named(opened, names or [])
    folders = [reports_dir / _folder_name(study.study_name) for study in studies]

    from nia_optuna.report.artifacts import artifacts
    from nia_optuna.report.comparison.write import write_comparison
    from nia_optuna.report.files import ReportError
    from nia_optuna.report.index import write_index

    store = Runs(runs_dir).artifacts
    lost: list[Exception] = []
    for study, folder in zip(studies, folders, strict=True):
        try:
            _write(study, folder, store, html=html, notes=notes, apart=json)
        except Exception as error:
            if len(studies) == 1:
                raise
            # The others are written all the same.
            typer.echo(f"{study.study_name}: not written: {error}", err=True)
            lost.append(error)
    if names and len(studies) > 1 and not lost:
        readme = write_comparison(studies, reports_dir, artifacts(store))
        typer.echo(str(readme), err=json)
    if studies and (index := write_index(reports_dir)):
        typer.echo(str(index), err=json)
    if lost:
        raise ReportError(f"{len(lost)} of {len(studies)} reports are not written") from lost[0]
    if json:
        summaries = [summary_of(study) for study in studies]
        sys.stdout.write(jsonlib.dumps(summaries, indent=2, allow_nan=False) + "\n")
    elif not studies:
        typer.echo("the storage has no studies yet; start one with: nia-optuna run STUDY.py")


def _write(
    study: optuna.Study, folder: Path, store: Path, *, html: bool, notes: bool, apart: bool
) -> None:
    """Write one study up and say which files; `apart` from what stands on stdout."""
    from nia_optuna.findings.findings import find
    from nia_optuna.report.artifacts import artifacts
    from nia_optuna.report.shown import show
    from nia_optuna.report.write import HTML, write_found  # seaborn loads slowly: after the checks
    from nia_optuna.search.address import StorageError

    found = find(study, artifacts(store))
    readme = write_found(found, folder, html=html)
    for written in (readme, readme.with_name(HTML)) if html else (readme,):
        typer.echo(str(written), err=apart)
    try:
        why = show(study, found, artifacts(store), store) if notes else ""
    except StorageError as error:  # in use, say: the report is written without
        why = f"no note for the dashboard: {error}"
    if why:
        typer.echo(f"{study.study_name}: {why}", err=True)


def _named(opened: optuna.storages.BaseStorage, names: list[str]) -> list[optuna.Study]:
    """Return the studies of those names, once each; without names all that are ours."""
    from nia_optuna.findings.choose import UnknownStudyError, chosen

    for name in sorted({name for name in names if names.count(name) > 1}):
        typer.echo(f"study {name!r} is named more than once: it is written once", err=True)
    try:
        studies = chosen(opened, names)
    except UnknownStudyError as error:
        raise typer.BadParameter(str(error)) from None
    return studies if names else [each for each in studies if _is_folder_name(each.study_name)]


def _is_folder_name(study: str) -> bool:
    """Return whether the study's name is one of ours; say so where it is not."""
    from nia_optuna.settings import NAME

    if fit := NAME.fullmatch(study) is not None:
        return fit
    typer.echo(f"study {short(study)} is passed over: its name is no folder name", err=True)
    return fit


def _folder_name(study: str) -> str:
    """Return the study's name where it is fit for a folder: another program may have made it."""
    from nia_optuna.settings import NAME

    if not NAME.fullmatch(study):
        raise typer.BadParameter(
            f"study name {short(study)} is no folder name: 1 to 100 of A-Z a-z 0-9 . _ -, "
            "no leading dot"
        )
    return study
