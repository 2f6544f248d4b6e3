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
    export: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write its pictures into this new folder, as PNG."),
    ] = None,
    shards: Annotated[
        int, typer.Option(min=1, help="Cut the exported training part into so many folders.")
    ] = 1,
    validation: Annotated[
        int, typer.Option(min=0, help="Export the last so many training pictures to validate on.")
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the data sets and where they come from; with a NAME, fetch and verify it."""
    # Imported here because numpy would double the time of every --help.
    from nia_optuna.data import default_data_dir, known_data, open_data

    folder = data_dir or default_data_dir()
    if export is None and (shards, validation) != (1, 0):
        raise typer.BadParameter("--shards and --validation cut what --export FOLDER writes")
    if name is None:
        if export is not None:
            raise typer.BadParameter("--export wants the NAME of what to write")
        known = known_data(folder)
        if json:
            typer.echo(dumps({"data_dir": str(folder), "datasets": [asdict(k) for k in known]}))
        else:
            _print_table(known, folder)
        return
    if export is not None:
        _export(name, folder, export, shards=shards, validation=validation, json=json)
        return
    with progress() as say:
        opened = open_data(name, folder, say)
    typer.echo(dumps(_facts(opened)) if json else _words(opened))


def _export(
    name: str, data_dir: Path, folder: Path, *, shards: int, validation: int, json: bool
) -> None:
    from nia_optuna.data import open_data
    from nia_optuna.data.export import Export, ExportError, check_export, export_pictures

    wanted = Export(folder, shards, validation)
    try:
        check_export(name, wanted)
        with progress() as say:
            opened = open_data(name, data_dir, say)
            written = export_pictures(opened, wanted, say)
    except ExportError as error:
        raise typer.BadParameter(str(error)) from None
    if json:
        exported = {"folder": str(folder), "shards": shards, "examples": written}
        typer.echo(dumps({**_facts(opened), "export": exported}))
    else:
        parts = ", ".join(f"{count:,} {part}" for part, count in written.items())
        cut = f", the training part in {shards} shards" if shards > 1 else ""
        typer.echo(f"{_words(opened)}\nwritten to {folder}: {parts}{cut}")


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

    table = Table("data set", "from, in this order", "here", "examples", "fingerprint")
    table.columns[1].overflow = "fold"
    for one in known:
        examples = f"{one.examples:,}" if one.examples else ""
        origins = escape("\n".join(f"{n}. {origin}" for n, origin in enumerate(one.origins, 1)))
        short = (one.fingerprint or "")[: len("sha256:") + 12]
        table.add_row(one.name, origins, HERE[one.present], examples, short)
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
        "examples": {name: len(part) for name, part in opened.parts.items()},
    }


def _words(opened: DataSet) -> str:
    parts = ", ".join(f"{len(part):,} {name}" for name, part in opened.parts.items())
    targets = "targets are numbers" if opened.regression else f"{len(opened.classes)} classes"
    return (
        f"{opened.name}: {parts} {_inputs(opened.shape)}, {targets}\n"
        f"from {opened.origin}\n"
        f"{opened.fingerprint}"
    )


def _inputs(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return f"rows of {shape[0]} numbers"
    channels, height, width = shape
    return f"pictures of {height} x {width}, {'grey' if channels == 1 else f'{channels} channels'}"
