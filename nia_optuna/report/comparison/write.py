"""Several studies → the folder of their comparison: README.md, a plot and comparison.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nia_optuna.findings.comparison import compare
from nia_optuna.findings.comparison_summary import comparison_summary
from nia_optuna.findings.on_test import Load, nothing_stored
from nia_optuna.findings.read import read
from nia_optuna.report.comparison.folder import folder_name
from nia_optuna.report.comparison.page import comparison_page
from nia_optuna.report.files import ReportError, write_all
from nia_optuna.report.plots.compared import compared
from nia_optuna.report.render import render

if TYPE_CHECKING:
    import optuna

_PLOT = "anytime.png"


def write_comparison(
    studies: Sequence[optuna.Study], reports: Path, load: Load = nothing_stored
) -> Path:
    """Write the comparison of two studies or more beside their reports; return its README.md.

    `load` gives the content of an artifact by its id; without it no answers on the test part are
    compared. The same storage gives the same bytes. Raises ReportError where a file cannot be
    written or a study's own report has the folder, FactsError for a study with several objectives.
    """
    folder = reports / folder_name([study.study_name for study in studies])
    if (folder / "summary.json").exists():
        raise ReportError(
            f"cannot write the comparison to {folder}: a study of that name has its report there"
        )
    found = compare([read(study) for study in studies], load)
    picture = compared(found)
    files: dict[Path, str | bytes] = {} if picture is None else {folder / _PLOT: picture}
    answer = json.dumps(comparison_summary(found), indent=2, ensure_ascii=False, allow_nan=False)
    files[folder / "comparison.json"] = answer + "\n"
    readme = folder / "README.md"
    plots = {_PLOT} if picture is not None else set()
    write_all({**files, readme: render(comparison_page(found, plots), "comparison.md.j2")})
    if picture is None:
        (folder / _PLOT).unlink(missing_ok=True)
    return readme
