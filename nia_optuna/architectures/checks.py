"""What the settings of every network must satisfy; each check raises ValueError in one line."""

from __future__ import annotations


def check_widths(name: str, widths: object) -> None:
    """Accept a tuple of whole numbers of at least 1."""
    if not isinstance(widths, tuple) or not all(_whole(width) for width in widths):
        raise ValueError(f"{name}={widths!r} must be a tuple of whole numbers of at least 1")


def check_dropout(name: str, dropout: object) -> None:
    """Accept a probability in [0, 1)."""
    if not isinstance(dropout, int | float) or not 0 <= dropout < 1:
        raise ValueError(f"{name}={dropout!r} must be a number in [0, 1)")


def check_kernel(kernel: object) -> None:
    """Accept an odd whole number: only such a kernel keeps the size of a picture."""
    if not _whole(kernel) or int(str(kernel)) % 2 == 0:
        raise ValueError(f"kernel={kernel!r} must be an odd whole number")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
