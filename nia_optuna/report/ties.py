"""Which confirmed configurations cannot be told apart from the recommended one, or not judged."""

from __future__ import annotations

from collections.abc import Sequence

from nia_optuna.findings.cheaper import CLEARLY, quicker, seconds_each
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words


def ties(found: Findings, winner: TrialFacts) -> str:
    """Return what validation says of every other confirmed one; empty where there is none.

    Those that cannot be judged have a sentence of their own and take nothing from the others'.
    """
    against = found.against_winner.values()
    if not against:
        return ""
    judged = [(each.trial, each.validation) for each in against if each.validation is not None]
    tied = [trial for trial, by in judged if by.tied]
    apart = [trial for trial, by in judged if by.tied is False]
    same = [trial for trial, by in judged if by.tied is None and by.seeds > 1]
    few = [each.trial for each in against if each.trial not in (*tied, *apart, *same)]
    if len(few) == len(against):
        return "With one seed a configuration, ties cannot be judged."
    said = []
    if tied:
        said.append(_tied(found.facts, winner, tied))
    elif apart:
        all_of_them = len(apart) == len(against)
        others = "every other confirmed configuration" if all_of_them else _listed(apart)
        said.append(f"On validation it is apart from {others}.")
    if same:
        said.append(
            f"From {_listed(same)} it differs by the same on every seed, which leaves no interval "
            "to judge by."
        )
    if few:
        said.append(f"Too few seeds tell whether it is tied with {_listed(few)}.")
    return " ".join(said)


def _tied(facts: StudyFacts, winner: TrialFacts, tied: list[TrialFacts]) -> str:
    sentence = f"On validation it cannot be told apart from {_listed(tied)}"
    group = (winner, *tied)
    smaller = _cheaper([(trial.parameters, trial) for trial in group])
    quickest = _cheaper([(seconds_each(facts, trial), trial) for trial in group])
    if quickest is not None and not all(
        quicker(facts, quickest, other) for other in group if other is not quickest
    ):
        quickest = None
    if smaller is not None and smaller is quickest:
        return f"{sentence}; {words.label(smaller)} is the smallest and the quickest to train."
    if smaller is not None:
        sentence += f"; {words.label(smaller)} is the smallest"
    if quickest is not None:
        sentence += f"; {words.label(quickest)} is the quickest to train"
    return f"{sentence}."


def _listed(trials: list[TrialFacts]) -> str:
    return words.listed([words.label(trial) for trial in trials])


def _cheaper(pairs: Sequence[tuple[float | None, TrialFacts]]) -> TrialFacts | None:
    """Return the trial of the least cost where it is clearly below that of the first."""
    known = [(cost, trial) for cost, trial in pairs if cost is not None]
    if pairs[0][0] is None or not known:
        return None
    cost, trial = min(known, key=lambda pair: pair[0])
    return trial if cost < CLEARLY * pairs[0][0] else None
