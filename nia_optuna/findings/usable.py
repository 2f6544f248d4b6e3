"""Which trials say something about the space, and what a model learns from each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from nia_optuna.findings.clean import clean, clean_text
from nia_optuna.findings.facts import Configuration
from nia_optuna.imputation import imputed, in_space

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

Ending = Literal["complete", "pruned", "failed"]
ENDINGS: tuple[Ending, ...] = ("complete", "pruned", "failed")


@dataclass(frozen=True)
class Tried:
    """A trial inside of the space, what became of it, and the value it stands with.

    Names and choices in `params` are clean, as facts have them; so are the names of what they
    were drawn from.
    """

    number: int
    state: Ending
    value: float
    params: Configuration
    distributions: Mapping[str, BaseDistribution]


def usable(study: optuna.Study) -> tuple[Tried, ...]:
    """Return the trials that have parameters and ended, in the order of their numbers.

    Each stands with the value that the search itself goes by (imputation.py). Where nothing is
    complete, nothing is usable.
    """
    inside = [trial for trial in study.get_trials(deepcopy=False) if in_space(trial)]
    found = imputed(inside, study.direction)
    drawn_from = [trial for trial in inside if trial.distributions]
    if not any(trial.number in found.complete for trial in drawn_from):
        return ()
    values = (found.complete, found.pruned, found.failed)
    ends = {n: (state, v[n]) for state, v in zip(ENDINGS, values, strict=True) for n in v}
    return tuple(
        Tried(
            trial.number,
            *ends[trial.number],
            cast("Configuration", clean(trial.params)),
            {clean_text(name): drawn for name, drawn in trial.distributions.items()},
        )
        for trial in drawn_from
        if trial.number in ends
    )


def count(trials: tuple[Tried, ...], state: Ending) -> int:
    """Return how many of the trials ended so."""
    return sum(trial.state == state for trial in trials)


def evenly(total: int, most: int) -> list[int]:
    """Return `most` places out of `total`, spread from the first to the last; all if so few."""
    if total <= most:
        return list(range(total))
    return [place * (total - 1) // (most - 1) for place in range(most)]
