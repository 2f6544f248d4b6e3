"""`nia-optuna data`: where each data set comes from, what is present; fetch and verify one."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import asdict
from json import dumps
from pathlib import Path  # Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from nia_optuna.cli.options import DataDir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nia_optuna.data import DataSet, Known, Say

HERE = {"cache": "cached", "disk": "on disk, not yet read", "memory": "yes", None: "no"}


def data(
    name: Annotated[
        str | None, typer.Argument(help="Data set or folder to fetch, verify and cache.")
    ] = None,
    data_dir: DataDir = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the data sets and where they come from; with a NAME, fetch and verify it."""
    # Imported here because numpy would double the time of every --help.
    from nia_optuna.data import default_data_dir, known_data, open_data

    folder = data_dir or default_data_dir()
    if name is None:
        known = known_data(folder)
        if json:
            typer.echo(dumps({"data_dir": str(folder), "datasets": [asdict(k) for k in known]}))
        else:
            _print_table(known, folder)
        return
    with progress() as say:
        opened = open_data(name, folder, say)
    typer.echo(dumps(_facts(opened)) if json else _words(opened))


@contextmanager
def progress() -> Iterator[Say]:
    """Yield a Say that draws a bar on a terminal, and prints each step once elsewhere."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console  # only where a bar is drawn
    from rich.progress import BarColumn, Progress, SpinnerColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), "{task.description}", BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def say(text: str, fraction: float | None) -> None:
            total = None if fraction is None else 1.0
            bar.update(task, description=text, total=total, completed=fraction or 0.0)

        yield say


def _lines() -> Say:
    last = ""

    def say(text: str, _fraction: float | None) -> None:
        nonlocal last
        if text != last:
            typer.echo(text, err=True)
        last = text

    return say


def _print_table(known: tuple[Known, ...], folder: Path) -> None:
    from rich.console import Console  # only where a table is drawn
    from rich.markup import escape
    from rich.table import Table

    table = Table("data set", "from, in this order", "here", "pictures", "fingerprint")
    table.columns[1].overflow = "fold"
    for one in known:
        pictures = f"{one.pictures:,}" if one.pictures else ""
        origins = escape("\n".join(f"{n}. {origin}" for n, origin in enumerate(one.origins, 1)))
        short = (one.fingerprint or "")[: len("sha256:") + 12]
        table.add_row(one.name, origins, HERE[one.present], pictures, short)
    console = Console()
    console.print(table)
    console.print(f"data dir: {folder}", markup=False, soft_wrap=True)


def _facts(opened: DataSet) -> dict[str, object]:
    return {
        "name": opened.name,
        "fingerprint": opened.fingerprint,
        "origin": opened.origin,
        "shape": opened.shape,
        "classes": opened.classes,
        "pictures": {name: len(part) for name, part in opened.parts.items()},
    }


def _words(opened: DataSet) -> str:
    channels, height, width = opened.shape
    parts = ", ".join(f"{len(part):,} {name}" for name, part in opened.parts.items())
    return (
        f"{opened.name}: {parts} pictures of {height} x {width}, "
        f"{'grey' if channels == 1 else f'{channels} channels'}, {len(opened.classes)} classes\n"
        f"from {opened.origin}\n"
        f"{opened.fingerprint}"
    )
