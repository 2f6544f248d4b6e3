"""`nia-optuna status`: the studies, their progress and their best."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nia_optuna.cli.options import RUNS, RunsDir, Storage

_ROOM = 30
"""Columns of a terminal below which a question would be a tower of words."""

if TYPE_CHECKING:
    from rich.table import Table

    from nia_optuna.findings.facts import StudyFacts


def status(
    name: Annotated[str | None, typer.Argument(help="One study; all of them if absent.")] = None,
    *,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the studies, their progress and their best."""
    facts = _facts([] if name is None else [name], storage, runs_dir)
    if json:
        from nia_optuna.findings.summary import summary

        summaries = [summary(each) for each in facts]
        sys.stdout.write(jsonlib.dumps(summaries, indent=2, allow_nan=False) + "\n")
    elif not facts:
        from nia_optuna.search.address import masked

        where = runs_dir if storage is None else masked(storage)
        typer.echo(f"no studies yet in {where}; start one with: nia-optuna run STUDY.py")
    else:
        from rich.console import Console

        console = Console()
        numbers = table(facts)
        room = console.width - console.measure(numbers).maximum
        console.print(table(facts, questions=True) if room >= _ROOM else numbers)


def table(facts: list[StudyFacts], *, questions: bool = False) -> Table:
    """Return one row a study; values are of the validation part.

    `best` is the search's own, which falls at no time; `confirmed` is of the recommended one.
    """
    from rich.table import Table

    shown = Table(box=None, header_style="bold", pad_edge=False)
    shown.add_column("study", no_wrap=True)
    for column in ("trials", "best", "baseline", "confirmed", "last run"):
        shown.add_column(column, justify="right", no_wrap=True)
    if questions:
        # The only one that gives way: a terminal folds the question, never a number.
        shown.add_column("question")
    for each in facts:
        shown.add_row(*(_row(each) if questions else _row(each)[:-1]))
    return shown


def _row(facts: StudyFacts) -> list[str]:
    from rich.markup import escape

    from nia_optuna.findings.confirmation import confirmed
    from nia_optuna.findings.progress import asked, finished
    from nia_optuna.findings.standing import baselines, ranked, winner
    from nia_optuna.report import words

    done, total = finished(facts), asked(facts)
    running = len(facts.of_state("running"))
    best, recommended = next(iter(ranked(facts)), None), winner(facts)
    baseline = next(iter(baselines(facts)), None)
    mine = confirmed(facts).get(recommended.number) if recommended else None
    cells = (
        facts.name,
        (str(done) if total is None else f"{done}/{total}")
        + (f", {running} running" if running else "")
        + (f"\n{len(facts.finished)} checked" if facts.finished else ""),
        words.metric(facts, best.value if best else None),
        words.metric(facts, baseline.value if baseline else None),
        words.mean(facts, mine.validation if mine else None),
        words.date(facts.sessions[-1].started if facts.sessions else "").partition(" ")[0],
        facts.question,
    )
    # Square brackets in a question would be read as Rich's markup.
    return [escape(cell) for cell in cells]


def _facts(names: list[str], storage: str | None, runs_dir: Path) -> list[StudyFacts]:
    import optuna

    from nia_optuna.findings.choose import UnknownStudyError, chosen
    from nia_optuna.findings.read import read
    from nia_optuna.search.address import StorageError
    from nia_optuna.search.storage import open_storage

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        opened = open_storage(storage, runs_dir, create=False)
    except StorageError as error:
        # Whoever asks for all studies is answered: there are none.
        if names or not str(error).startswith("no studies yet"):
            raise
        return []
    try:
        return [read(study) for study in chosen(opened, names)]
    except UnknownStudyError as error:
        raise typer.BadParameter(str(error)) from None
