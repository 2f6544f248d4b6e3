"""How slow work tells what it is doing."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str, float | None], None]
"""Told what is being done, and how much of it: from 0 to 1, or None where nobody knows.

The text stays the same while one step goes on, so that a bar can follow the fraction and a log
can print each step once.
"""


def silent(_text: str, _fraction: float | None) -> None:
    """Say nothing."""
