"""A source as JSON and back, so that a stored study can open its data again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from nia_optuna.data.errors import DataError
from nia_optuna.data.sources import ImageFolder, Resized, Source, Synthetic, Table

_VALUES = {value.__name__: value for value in (ImageFolder, Resized, Synthetic, Table)}


def plain_source(source: Source) -> object:
    """Return a name as it is, a value as its class's name and its fields."""
    if isinstance(source, str):
        return source
    fields = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asdict(source).items()
    }
    return {"type": type(source).__name__, **fields}


def source_from(plain: object) -> Source:
    """Return the source that `plain_source` wrote. Raises DataError for anything else."""
    if isinstance(plain, str):
        return plain
    given = dict(plain) if isinstance(plain, Mapping) else {}
    fields = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if name != "type"
    }
    try:
        kind: Callable[..., Source] = _VALUES[given["type"]]
        return kind(**fields)
    except (TypeError, KeyError):
        raise DataError(f"{plain!r} names no data") from None
