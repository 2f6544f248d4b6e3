"""A report's Markdown → one HTML file that needs no other: pictures inside, no script."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.resources import files

import jinja2
from markdown_it import MarkdownIt
from markdown_it.token import Token

_STYLE = (files("nia_optuna.report") / "report.css").read_text()


def html_page(markdown: str, pictures: Mapping[str, bytes], title: str) -> str:
    """Return the page; `pictures` has the PNGs that the Markdown shows by file name.

    HTML in the Markdown is shown as text. The page's own policy lets it load nothing and run
    nothing, whatever is in it.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    tokens = parser.parse(markdown)
    for token in _all(tokens):
        _inside(token, pictures)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nia_optuna", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    # A number and its unit stay on one line.
    body = re.sub(
        r"(?<=\d) %", "\N{NO-BREAK SPACE}%", parser.renderer.render(tokens, parser.options, {})
    )
    return (
        environment.get_template("report.html.j2").render(
            title=title,
            style=_STYLE,
            digest=b64encode(sha256(_STYLE.encode()).digest()).decode(),
            body=body,
        )
        + "\n"
    )


def _all(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or ())


def _inside(token: Token, pictures: Mapping[str, bytes]) -> None:
    """Put a picture's bytes in the place of its name, and a class in that of a style."""
    if token.type == "image":
        png = pictures[str(token.attrs["src"])]
        token.attrs["src"] = f"data:image/png;base64,{b64encode(png).decode()}"
    if (style := token.attrs.pop("style", None)) is not None:
        token.attrs["class"] = str(style).removeprefix("text-align:")


def _table_open(*_: object) -> str:
    # What is wider than the window scrolls by itself; a keyboard reaches it.
    return '<div class="table" role="region" aria-label="table" tabindex="0"><table>\n'


def _table_close(*_: object) -> str:
    return "</table></div>\n"
