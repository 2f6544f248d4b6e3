"""What the numbers of a recipe must satisfy; each check raises ValueError in one line."""

from __future__ import annotations

import math


def finite(name: str, value: object) -> float:
    """Return the number; refuse what is none, or has no end."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name}={value!r} must be a finite number")
    return value


def positive(name: str, value: object) -> None:
    """Accept a number above 0."""
    if finite(name, value) <= 0:
        raise ValueError(f"{name}={value!r} must be above 0")


def not_negative(name: str, value: object) -> None:
    """Accept a number from 0 on."""
    if finite(name, value) < 0:
        raise ValueError(f"{name}={value!r} must not be negative")


def fraction(name: str, value: object) -> None:
    """Accept a number in [0, 1)."""
    if not 0 <= finite(name, value) < 1:
        raise ValueError(f"{name}={value!r} must be in [0, 1)")


def factor(name: str, value: object) -> None:
    """Accept a number between 0 and 1."""
    if not 0 < finite(name, value) < 1:
        raise ValueError(f"{name}={value!r} must be between 0 and 1")


def whole(name: str, value: object, *, at_least: int = 1) -> None:
    """Accept a whole number of at least `at_least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise ValueError(f"{name}={value!r} must be a whole number of at least {at_least}")
