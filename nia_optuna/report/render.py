"""The page's values → Markdown."""

from collections.abc import Sequence
from typing import Any

import jinja2

from nia_optuna.report.escape import fenced, markdown


class _Ready(str):
    """Markdown that is meant as Markdown."""

    __slots__ = ()


def render(page: dict[str, Any]) -> str:
    """Return README.md: every value is escaped on its way out, in table cells and in text alike."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nia_optuna", "report"),
        autoescape=False,  # noqa: S701  # `finalize` escapes, for Markdown and HTML both
        finalize=_escaped,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cells": _cells, "fenced": _fenced, "repeated": _repeated}
    return environment.get_template("README.md.j2").render(page).strip() + "\n"


def _escaped(value: object) -> str:
    return value if isinstance(value, _Ready) else markdown(value)


def _cells(row: Sequence[object]) -> str:
    return _Ready(" | ".join(markdown(value) for value in row))


def _fenced(text: str) -> str:
    return _Ready(fenced(text))


def _repeated(mark: str, columns: Sequence[object]) -> str:
    return _Ready(mark * len(columns))
