"""A study → its folder of a report: README.md, plots, trials.csv, summary.json, report.html."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from nia_optuna.findings.findings import Findings, find
from nia_optuna.findings.on_test import Load, nothing_stored
from nia_optuna.findings.summary import summary
from nia_optuna.report.files import write_all
from nia_optuna.report.html import html_page
from nia_optuna.report.page import page
from nia_optuna.report.plots import NAMES, draw
from nia_optuna.report.render import render
from nia_optuna.report.table import trials_csv

if TYPE_CHECKING:
    import optuna


HTML = "report.html"


def write_report(study: optuna.Study, folder: Path, load: Load = nothing_stored) -> Path:
    """Write the report of `study` into `folder` and return the path of its README.md.

    `load` gives the content of an artifact by its id; without it there are no pictures of
    mistakes. Raises what `write_found` does, and FactsError for a study with several objectives.
    """
    return write_found(find(study, load), folder)


def write_found(found: Findings, folder: Path, *, html: bool = False) -> Path:
    """Write the report of `found` into `folder` and return the path of its README.md.

    With `html`, or where one is there from before, the same stands in report.html, in one file. The
    same storage gives the same bytes. Each file is replaced whole, README.md last, so an
    interrupted write leaves a report that can be read, and a full disk the old one. Raises
    ReportError where a file cannot be written.
    """
    pictures = draw(found)
    files: dict[Path, str | bytes] = {folder / name: png for name, png in pictures.items()}
    files[folder / "trials.csv"] = trials_csv(found.trials)
    answer = json.dumps(summary(found.facts), indent=2, ensure_ascii=False, allow_nan=False)
    files[folder / "summary.json"] = answer + "\n"
    text = render(page(found, set(pictures)))
    # A page beside a newer report would tell another story.
    if html or (folder / HTML).exists():
        files[folder / HTML] = html_page(text, pictures, found.facts.name)
    readme = folder / "README.md"
    write_all({**files, readme: text})
    for stale in set(NAMES) - set(pictures):
        (folder / stale).unlink(missing_ok=True)
    return readme
