"""All reports of a folder in one table, read back from their summaries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nia_optuna.record import DEFAULTS, QUICK
from nia_optuna.report import words
from nia_optuna.report.files import write
from nia_optuna.report.render import ready, render

MARK = "<!-- Written by nia-optuna report: it is written anew with every report. -->"

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One study of the table."""

    study: str
    metric: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """One comparison: its folder, and the studies in the order they were named."""

    folder: str
    studies: tuple[str, ...]


def write_index(folder: Path) -> Path | None:
    """Write README.md over the reports and comparisons in `folder` and return its path.

    Rehearsals have no row. None is returned where there is no other study, and where README.md is
    somebody else's, which is left alone. Raises ReportError.
    """
    readme = folder / "README.md"
    if readme.exists() and not readme.read_text(errors="replace").startswith(MARK):
        return None
    paths = [p for p in sorted(folder.glob("*/summary.json")) if not p.parent.name.endswith(QUICK)]
    found = [row for path in paths if (row := _row(path))]
    if not found:
        return None
    compared = [
        each for path in sorted(folder.glob("*/comparison.json")) if (each := _compared(path))
    ]
    page = {"mark": ready(MARK), "rows": found, "comparisons": compared}
    write(readme, render(page, "index.md.j2"))
    return readme


def _compared(path: Path) -> Compared | None:
    """Return what a comparison is of, None for a file that is none."""
    try:
        studies = json.loads(path.read_text())["studies"]
        return Compared(path.parent.name, tuple(map(str, studies)))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _row(path: Path) -> Row | None:
    """Return the row of a summary, None for a file that is none."""
    try:
        summary: Json = json.loads(path.read_text())
        return row(summary, path.parent.name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def row(summary: Json, study: str) -> Row:
    """Return the row of a summary; `study` is its folder."""
    judged = Row(study, str(summary["metric"]), ())
    base = _by_hand(summary)
    trials, spent = summary["trials"], summary["cost"]
    found = summary.get("searched_best")  # summaries of earlier versions have none
    test = (summary["confirmed"] or {}).get("test")
    return Row(
        study,
        judged.metric,
        (
            str(summary["dataset"]["name"] or words.NOTHING),
            words.measure(judged.metric),
            _named(base, words.metric(judged, base.get("reported"))),
            _named(base, _mean(judged, (base.get("confirmed") or {}).get("test"))),
            words.metric(judged, found and found["value"]),
            _named(_recommended(summary), _interval(judged, test)),
            f"{trials['complete'] + trials['pruned']:,}",
            words.duration(spent["wall_seconds"]),
            _hardware(summary["environment"]),
        ),
    )


def _by_hand(summary: Json) -> Json:
    """Return the baseline with the best figure that was reported, else the defaults."""
    known: list[Json] = summary["baselines"]
    told = [each for each in known if each.get("reported") is not None]
    if told:
        ends = max if summary["direction"] == "maximize" else min
        return ends(told, key=lambda each: float(each["reported"]))
    return next((each for each in known if each["name"] == DEFAULTS), {})


def _recommended(summary: Json) -> Json:
    """Return the baseline that is itself recommended; nothing where none is."""
    best, known = summary["best"] or {}, summary["baselines"]
    return next((each for each in known if each["number"] == best.get("number")), {})


def _named(base: Json, said: str) -> str:
    name = base.get("name")
    return said if said == words.NOTHING or name is None else f"{said} ({name})"


def _mean(judged: Row, test: Json | None) -> str:
    return words.metric(judged, test["mean"]) if test else words.NOTHING


def _interval(judged: Row, test: Json | None) -> str:
    if not test:
        return words.NOTHING
    mean = words.metric(judged, test["mean"])
    if test["ci95"] is None:
        return mean
    return f"{mean}, {words.interval(judged, tuple(test['ci95']))}"


def _hardware(environment: Json) -> str:
    parts = (environment.get("cpu"), environment.get("device"))
    cores = environment.get("cores")
    return ", ".join([*(str(p) for p in parts if p), *([f"{cores} cores"] if cores else [])])
