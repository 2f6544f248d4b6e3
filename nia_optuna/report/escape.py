"""Text from a study → text that Markdown, HTML and spreadsheets show and never act on."""

import re
from html import escape

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
# Marks that mean something only where a line begins: headings, lists, rules, quotes.
_LEADING = re.compile(r"^(\s*)([#+=-])")
_NUMBERED = re.compile(r"^(\s*\d+)([.)])(?=\s|$)")
_LINK = re.compile(r"(?i)(?<=\w):(?=//)|(?<=\bwww)\.")


def markdown(text: object) -> str:
    """Return `text` as one line of plain text for Markdown: no markup, no HTML, no link.

    Fit for a paragraph and for a table cell.
    """
    line = " ".join(str(text).split())
    line = _SPECIAL.sub(r"\\\1", line)
    line = _NUMBERED.sub(r"\1\\\2", _LEADING.sub(r"\1\\\2", line))
    line = _LINK.sub(lambda mark: f"\\{mark[0]}", line)
    return escape(line, quote=False)


def code(text: str) -> str:
    """Return `text` in one line as code inside a sentence, which it cannot end."""
    line = " ".join(text.split())
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def fenced(text: str) -> str:
    """Return `text` in one line as a code block that it cannot end."""
    line = " ".join(text.split())
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}sh\n{line}\n{fence}"


def cell(value: object) -> object:
    """Return `value` so that a spreadsheet shows it and computes nothing (OWASP CSV injection)."""
    if not isinstance(value, str) or not value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return value
    return value if _is_number(value) else f"'{value}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
