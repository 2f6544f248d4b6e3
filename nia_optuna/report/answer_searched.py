"""The answer before fresh seeds have confirmed one: what the search says, and its worth."""

from __future__ import annotations

from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.configurations import changes


def sentences(found: Findings, winner: TrialFacts) -> list[str]:
    """Return what the search found best, and that it was not confirmed."""
    return [_searched(found, winner), _unconfirmed(found, winner)]


def _searched(found: Findings, winner: TrialFacts) -> str:
    if winner.baseline is not None:
        return _baseline_won(found, winner)
    facts, base = found.facts, found.reference
    sentence = (
        f"Trial {winner.number} ({changes(winner, base)}) reached a validation "
        f"{words.measure(facts.metric)} of {words.metric(facts, winner.value)} in the "
        f"{words.search(facts)}"
    )
    if base is None or base.value is None or winner.value is None:
        return f"{sentence}; there is no finished baseline to compare it with."
    margin = words.compared(facts, facts.gain(winner.value, base.value))
    return (
        f"{sentence}, {margin} the {words.metric(facts, base.value)} of {words.label(base)} "
        f"({words.seeds_each(facts)} each)."
    )


def _baseline_won(found: Findings, winner: TrialFacts) -> str:
    facts = found.facts
    value = words.metric(facts, winner.value)
    rival = next((t for t in found.ranked if t.baseline is None), None)
    if rival is None or rival.value is None or winner.value is None:
        measure = words.measure(facts.metric)
        pruned = len([t for t in facts.of_state("pruned") if t.baseline is None])
        if pruned:
            fell = "fell behind and were pruned" if pruned > 1 else "fell behind and was pruned"
            return (
                f"The search found nothing better than {words.label(winner)}, whose validation "
                f"{measure} is {value}: {words.count(pruned, 'configuration')} {fell}."
            )
        return f"Only {words.label(winner)} stands so far: validation {measure} {value}."
    margin = words.compared(facts, facts.gain(winner.value, rival.value))
    grid = words.search(facts) == "grid"
    found_none = (
        "The grid is not shown to hold" if grid else "The search is not shown to have found"
    )
    next_best = "the next best cell" if grid else "the best searched configuration"
    return (
        f"{found_none} anything better than {words.label(winner)}: its validation "
        f"{words.measure(facts.metric)} in the {words.search(facts)} is {value}, {margin} that of "
        f"trial {rival.number}, {next_best} ({words.seeds_each(facts)} each)."
    )


def _unconfirmed(found: Findings, winner: TrialFacts) -> str:
    if winner.number in found.failed:
        return f"Trained again it {words.failed(found.failed[winner.number])}: do not rely on it."
    return "It has not been trained again with fresh seeds, so this number is optimistic."
