"""The recommended configuration against every baseline, in one sentence of verdict."""

from __future__ import annotations

from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.rivals import Rival
from nia_optuna.record import DEFAULTS
from nia_optuna.report import words

_NAMED = 3  # of more baselines that are beaten, only the closest; the table has the others


def against_baselines(found: Findings, winner: TrialFacts) -> str:
    """Return the verdict with the difference to each; nothing where none can be compared."""
    if winner.baseline is not None:
        who = "the defaults themselves"
        who = who if winner.baseline == DEFAULTS else words.label(winner)
        grid = words.search(found.facts) == "grid"
        what = "else in the grid" if grid else "the search found"
        return f"With fresh seeds nothing {what} was better than {who}."
    against = found.rivals
    groups = [
        [rival for rival in against if rival.verdict == verdict and _has_interval(rival) is known]
        for verdict, known in (
            ("is not shown to beat it", True),
            ("is not shown to beat it", False),
            ("beats it", True),
            ("is worse than it", True),
        )
    ]
    alone = len(against) == 1
    return " ".join(_sentence(found, group, alone=alone) for group in groups if group)


def _has_interval(rival: Rival) -> bool:
    return rival.difference.ci95 is not None


def _sentence(found: Findings, group: list[Rival], *, alone: bool) -> str:
    """Return the verdict on baselines that have the same one; `alone` is the only one there is."""
    verdict = group[0].verdict
    who = "the baseline" if alone else _names(group)
    told = _differences(found, group, named=alone or len(group) > 1)
    several = len(group) > 1
    if verdict == "is not shown to beat it":
        said = f"Not shown to beat {who}: {told}"
        if not _has_interval(group[0]):
            return f"{said}."
        hold = "the intervals hold" if several else "the interval holds"
        return f"{said}; {hold} 0. More seeds (the budget's seeds) would narrow it."
    if verdict == "beats it" and len(group) > _NAMED:
        closest = min(group, key=lambda rival: rival.difference.gain)
        return (
            f"It beats {len(group)} of {len(found.rivals)} baselines, confirmed: no interval of "
            f"these differences holds 0. Closest comes {words.label(closest.trial)}: on "
            f"{closest.part} it is {words.verdict(found.facts, closest.difference)}."
        )
    verb = "It beats" if verdict == "beats it" else "It is worse than"
    hold = "the intervals do" if several else "the interval does"
    return f"{verb} {who}, confirmed: {told}; {hold} not hold 0."


def _names(group: list[Rival]) -> str:
    if len(group) == 1:
        return words.label(group[0].trial)
    return f"the baselines {words.listed([words.quoted(rival.trial) for rival in group])}"


def _differences(found: Findings, group: list[Rival], *, named: bool) -> str:
    """Return "on test it is +1.20 points (95 % interval ...) against the by hand baseline"."""
    told = []
    for rival in group:
        said = words.verdict(found.facts, rival.difference)
        said += f" against {words.label(rival.trial)}" if named else ""
        told.append(said if rival.part == group[0].part else f"{said} on {rival.part}")
    return f"on {group[0].part} it is {words.listed(told)}"
