"""Where the trainings began, and what it means where that is not where they should have."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.first_loss import FirstLoss, FirstLosses, blank_by_theory
from nia_optuna.report import words
from nia_optuna.report.numbers import digits

_NAMED = 5  # trials named in a sentence
_SAME = 1e-3  # blank losses this near each other, relatively, are one


def begun(found: Findings) -> str:
    """Return how the first losses compare with having learned nothing; empty for old studies."""
    seen = found.first_losses
    if not seen.number:
        return ""
    blank = _blank(found, seen)
    near = (
        f"near what a network that has learned nothing should have ({blank}): {_range(seen)}"
        if seen.expected
        else f"near what a network that has learned nothing should have ({blank})"
    )
    off = [*seen.too_high, *seen.too_low]
    if not off:
        one = seen.number == 1
        return f"The first loss of {_all(seen.number)} trial{'' if one else 's'} was {near}."
    said = f"The first loss of {len(seen.expected):,} of {seen.number:,} trials was {near}."
    if seen.too_high:
        said += (
            f" Far above it began {_named(found, seen.too_high)}: usually wrong labels, inputs "
            "that are not normalised, or an initialisation under which activations explode."
        )
    if seen.too_low:
        said += (
            f" Far below it began {_named(found, seen.too_low)}: usually weights that were not "
            "fresh, or inputs that hold the answer."
        )
    return said


def _all(number: int) -> str:
    return "the only" if number == 1 else f"all {number:,}"


def _blank(found: Findings, seen: FirstLosses) -> str:
    """Return "cross-entropy ln 10 = 2.303", or what zeros lose on the same batch."""
    losses = [each.blank for each in (*seen.expected, *seen.too_high, *seen.too_low)]
    low, high = min(losses), max(losses)
    theory, name = blank_by_theory(found.facts), words.loss(found.facts)
    if theory is not None and all(math.isclose(b, theory, rel_tol=_SAME) for b in losses):
        return f"{name} ln {found.facts.dataset.classes} = {theory:.3f}"
    if math.isclose(low, high, rel_tol=_SAME):
        return f"{name} {low:.4g}"
    return f"{name} {low:.4g} to {high:.4g}, by its first batch"


def _range(seen: FirstLosses) -> str:
    """Return the least and the largest, as times of the blank loss where batches differ in it."""
    blanks = [each.blank for each in seen.expected]
    firsts = [each.first for each in seen.expected if each.first is not None]
    if math.isclose(min(blanks), max(blanks), rel_tol=_SAME):
        return _to(digits(min(firsts), 3), digits(max(firsts), 3))
    ratios = [each.first / each.blank for each in seen.expected if each.first is not None]
    return f"{_to(f'{min(ratios):.2f}', f'{max(ratios):.2f}')} times that of its batch"


def _to(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _named(found: Findings, off: Sequence[FirstLoss]) -> str:
    names = []
    for each in off[:_NAMED]:
        trial = found.facts.trial(each.trial)
        first = "not finite" if each.first is None else digits(each.first, 3)
        who = words.label(trial) if trial else f"trial {each.trial}"
        names.append(f"{who} ({first} against {digits(each.blank, 3)})")
    if len(off) > _NAMED:
        names.append(f"{words.count(len(off) - _NAMED, 'other')}")
    return words.listed(names)
