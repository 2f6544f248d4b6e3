"""The page's values → Markdown."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import jinja2

from nia_optuna.report.escape import code, fenced, markdown


class _Ready(str):
    """Markdown that is meant as Markdown."""

    __slots__ = ()


def render(page: dict[str, Any], template: str = "README.md.j2") -> str:
    """Return Markdown: every value is escaped on its way out, in table cells and in text alike."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nia_optuna", "report"),
        autoescape=False,  # noqa: S701  # `finalize` escapes, for Markdown and HTML both
        finalize=_escaped,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "cells": _cells,
        "code": _code,
        "folder": _folder,
        "fenced": _fenced,
        "repeated": _repeated,
    }
    return environment.get_template(template).render(page).strip() + "\n"


def ready(text: str) -> str:
    """Return text that is Markdown already: a template shows it as it is."""
    return _Ready(text)


def _escaped(value: object) -> str:
    return value if isinstance(value, _Ready) else markdown(value)


def _cells(row: Sequence[object]) -> str:
    return _Ready(" | ".join(markdown(value) for value in row))


def _folder(name: str) -> str:
    return _Ready(quote(name))


def _code(text: str) -> str:
    return _Ready(code(text))


def _fenced(text: str) -> str:
    return _Ready(fenced(text))


def _repeated(mark: str, columns: Sequence[object]) -> str:
    return _Ready(mark * len(columns))
