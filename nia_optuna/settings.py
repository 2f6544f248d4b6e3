"""What a study's settings must satisfy; every check raises StudyError in one line."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from reprlib import repr as short
from typing import TYPE_CHECKING, Literal, get_args

from nia_optuna.budget import Budget
from nia_optuna.metric import LOSSES, METRICS
from nia_optuna.recipe import Recipe, check_augment
from nia_optuna.record import DEFAULTS

if TYPE_CHECKING:
    from nia_optuna.study import Study

SamplerName = Literal["auto", "gp", "tpe", "random", "grid"]
PrunerName = Literal["halving", "median", "none"]

MOST_LETTERS = 100
MOST_SEED = 2**32 - 1
MOST_REPEATS = 100
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


class StudyError(ValueError):
    """A study that cannot be: said in one line."""


def check_settings(made: Study) -> None:
    """Raise StudyError where a setting of the study cannot be."""
    if not (isinstance(made.name, str) and NAME.fullmatch(made.name)):
        raise StudyError(
            f"study name {short(made.name)} must be 1 to 100 of A-Z a-z 0-9 . _ - "
            "with no leading dot"
        )
    if not made.question:
        raise StudyError(f"study {made.name!r} has no docstring; it is the question to answer")
    if not isinstance(made.budget, Budget):
        raise StudyError(f"budget={made.budget!r} must be a Budget, such as Budget(trials=50)")
    _check_amounts(made)
    _one_of("loss", made.loss, LOSSES[made.task])
    _one_of("metric", made.metric, METRICS[made.task])
    if not hasattr(made.sampler, "sample_relative"):
        _one_of("sampler", made.sampler, get_args(SamplerName))
    if not hasattr(made.pruner, "prune"):
        _one_of("pruner", made.pruner, get_args(PrunerName))
    try:
        check_augment(made.augment)
    except ValueError as error:
        raise StudyError(str(error)) from None
    if made.augment and made.task == "regression":
        raise StudyError(f"augment={made.augment!r} changes pictures; these are rows of numbers")
    _check_normalise(made.normalise)
    _check_baselines(made.baselines)
    _check_reported(made.reported, made.baselines, made.metric)


def near(given: str, known: Iterable[str]) -> str:
    """Return a hint at the known name that `given` resembles, or nothing."""
    found = difflib.get_close_matches(given, list(known), 1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _check_amounts(made: Study) -> None:
    _share_or_count("validation", made.validation, most=1, also="own")
    if made.subset is not None:
        _share_or_count("subset", made.subset, most=1 + math.ulp(1))
    _whole("seed", made.seed, 0, MOST_SEED)
    _whole("repeats", made.repeats, 1, MOST_REPEATS)
    if not isinstance(made.resplit, bool):
        raise StudyError(f"resplit={made.resplit!r} must be True or False")
    if made.resplit and made.validation == "own":
        raise StudyError(
            "resplit=True cuts validation examples anew for every seed, which validation='own' "
            "leaves as they are; drop one of the two"
        )


def _share_or_count(what: str, given: object, *, most: float, also: str = "") -> None:
    """Accept a float in (0, most), a whole number from 1 on, or the word `also`."""
    if also and given == also:
        return
    count = isinstance(given, int) and not isinstance(given, bool) and given >= 1
    if not count and not (isinstance(given, float) and 0 < given < most):
        end = "1)" if most == 1 else "1]"
        word = f", or {also!r}" if also else ""
        raise StudyError(
            f"{what}={given!r} must be a float, a share in (0, {end}, or an int, a count from 1"
            f"{word}"
        )


def _whole(what: str, given: object, low: int, high: int) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
        raise StudyError(f"{what}={given!r} must be a whole number from {low} to {high}")


def _check_normalise(given: object) -> None:
    if given == "standard":
        return
    numbers = given if isinstance(given, tuple) else ()
    if (
        len(numbers) != 2  # noqa: PLR2004  # mean and standard deviation
        or not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers)
        or numbers[1] <= 0
    ):
        raise StudyError(
            f"normalise={given!r} must be 'standard', or (mean, standard deviation) with the "
            "second above 0; (0, 1) leaves pictures in [0, 1]"
        )


def _check_baselines(given: object) -> None:
    if not isinstance(given, Mapping) or not all(
        isinstance(each, Mapping | Recipe) for each in given.values()
    ):
        raise StudyError(
            "baselines must map names to parameters, as in {'mine': {'width': 8}}, or to a Recipe"
        )
    for name in given:
        if (
            not isinstance(name, str)
            or not name.isprintable()
            or not 1 <= len(name) <= MOST_LETTERS
        ):
            raise StudyError(
                f"baseline name {name!r} must be a line of 1 to {MOST_LETTERS} letters"
            )
    if DEFAULTS in given:
        raise StudyError(f"baseline {DEFAULTS!r} is the study's defaults; give yours another name")


def _check_reported(given: object, baselines: Mapping[str, object], metric: str) -> None:
    if not isinstance(given, Mapping):
        raise StudyError("reported must map baselines to figures, as in {'mine': 0.98}")
    for name, figure in given.items():
        if name not in {DEFAULTS, *baselines}:
            raise StudyError(f"reported {name!r} is no baseline{near(str(name), baselines)}")
        if (
            isinstance(figure, bool)
            or not isinstance(figure, int | float)
            or not math.isfinite(figure)
        ):
            raise StudyError(f"reported figure {figure!r} of {name!r} must be a number")
        if metric == "accuracy" and not 0 <= figure <= 1:
            raise StudyError(
                f"reported figure {figure!r} of {name!r} must be from 0 to 1: 98 % is 0.98"
            )


def _one_of(what: str, given: object, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise StudyError(
            f"{what}={given!r} is not one of {', '.join(allowed)}{near(str(given), allowed)}"
        )
