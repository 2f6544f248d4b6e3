"""What the settings of a source must satisfy; each check raises DataError in one line."""

from __future__ import annotations

import math
import os
from pathlib import Path

from nia_optuna.data.errors import DataError

MOST_SEED = 2**32 - 1  # scikit-learn's cuts take no larger one


def whole(name: str, value: object, *, at_least: int, at_most: int | None = None) -> None:
    """Accept a whole number from `at_least` to `at_most`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
        raise DataError(f"{name}={value!r} must be a whole number of at least {at_least}")
    if at_most is not None and value > at_most:
        raise DataError(f"{name}={value!r} must be a whole number of at most {at_most}")


def seed(value: object) -> None:
    """Accept what every generator of random numbers takes."""
    whole("seed", value, at_least=0, at_most=MOST_SEED)


def number(name: str, value: object) -> float:
    """Return the number; refuse what is none, or has no end."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DataError(f"{name}={value!r} must be a finite number")
    return value


def path(value: object) -> Path:
    """Return the path that a text or a Path is, with ~ written out."""
    if not isinstance(value, str | os.PathLike):
        raise DataError(f"path={value!r} must be a text or a Path")
    try:
        return Path(value).expanduser()
    except (TypeError, RuntimeError) as error:  # bytes; no home to write out
        raise DataError(f"path={value!r} is no path: {error}") from None
