"""Which cheaper configuration is nearly as good as the recommended one, in a sentence or two."""

from __future__ import annotations

from nia_optuna.findings.cheaper import Cheaper
from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.numbers import share


def cheaper(found: Findings) -> str:
    """Return the rule and what it finds; empty where there is nothing to judge by."""
    made, best = found.cheaper, found.winner
    if made is None or best is None:
        return ""
    size = words.gain(found.facts, made.error).lstrip("+")
    rule = (
        f"At most one standard error worse than the recommended one ({size}: the standard "
        f"deviation of its validation values over {made.seeds} seeds by the square root of "
        f"{made.seeds})"
    )
    after = "(the one-standard-error rule of Breiman et al. 1984)"
    if not made.within:
        # What cannot be told apart from it may be as good, and cheaper.
        judged = [each.validation for each in found.against_winner.values()]
        tied = any(by is not None and by.tied for by in judged)
        so = "" if tied else ", so nothing cheaper is nearly as good"
        return f"No other confirmed mean is a{rule[1:]}{so} {after}."
    names = words.listed([words.label(trial) for trial in made.within])
    rule = f"{rule} {'is' if len(made.within) == 1 else 'are'} {names}"
    if made.quickest is None and made.smallest is None:
        return f"{rule}, none of them clearly quicker to train or smaller {after}."
    return f"{rule}. {_said(made, best)} {after}."


def _said(made: Cheaper, best: TrialFacts) -> str:
    quick, small = made.quickest, made.smallest
    told = []
    if quick is not None:
        cost, own = made.seconds[quick.number], made.seconds[best.number]
        told.append(
            f"{words.label(quick)} needs {words.duration(cost)} a training instead of "
            f"{words.duration(own)} ({share(cost / own)})"
        )
    if small is not None and small.parameters is not None and best.parameters is not None:
        who = "" if small is quick else f"{words.label(small)} "
        told.append(
            f"{who}has {small.parameters:,} parameters instead of {best.parameters:,} "
            f"({share(small.parameters / best.parameters)})"
        )
    sentence = words.listed(told)
    return f"{sentence[0].upper()}{sentence[1:]}: to be preferred where cost counts"
