"""The answer once fresh seeds have confirmed it: on the test part, then on the one searched by."""

from __future__ import annotations

from typing import Literal

from nia_optuna.findings.confirmation import Confirmed
from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.configurations import changes

Part = Literal["test", "validation"]

_NAMED = 3  # baselines named in a sentence


def sentences(found: Findings, winner: TrialFacts, mine: Confirmed) -> list[str]:
    """Return what it reaches beside the baselines, and what the search had said of it."""
    return [_confirmed(found, winner, mine), _validated(found, winner, mine)]


def _confirmed(found: Findings, winner: TrialFacts, mine: Confirmed) -> str:
    """Return what the recommended one and the baselines reach with the same fresh seeds."""
    facts = found.facts
    part: Part = "validation" if mine.test is None else "test"
    reached = mine.validation if mine.test is None else mine.test
    seeds = words.count(len(mine.seeds), "fresh seed")
    said = (
        f"a {part} {words.measure(facts.metric)} of {words.metric(facts, reached.mean)} "
        f"({words.interval(facts, reached.ci95)}, {seeds})"
    )
    if winner.baseline is None:
        said = f"Trial {winner.number} ({changes(winner, found.reference)}) reaches {said}"
    else:
        where = "grid" if words.search(facts) == "grid" else "search"
        said = f"Nothing in the {where} is shown to beat {words.label(winner)}: it reaches {said}"
    others = [other for base in _others(found, winner) if (other := _fared(found, base, part))]
    return f"{said}; {words.listed(others)}." if others else f"{said}."


def _validated(found: Findings, winner: TrialFacts, mine: Confirmed) -> str:
    """Return what the search said of the winner, and what fresh seeds say on the same part."""
    facts = found.facts
    held, why = _held_against(found, winner)
    again = f"{words.metric(facts, mine.validation.mean)} with fresh seeds"
    if mine.test is not None:
        again += f" ({words.interval(facts, mine.validation.ci95)})"
    said = f"On validation it had {words.metric(facts, winner.value)} in the {words.search(facts)}"
    if held is None or held.value is None or winner.value is None:
        return f"{said} and has {again}{why}."
    margin = words.compared(facts, facts.gain(winner.value, held.value))
    said += (
        f", {margin} the {words.metric(facts, held.value)} of {words.label(held)} "
        f"({words.seeds_each(facts)} each), and has {again}"
    )
    theirs = found.confirmed.get(held.number)
    if theirs is None or held.number in found.failed:
        return f"{said}."
    return f"{said} against {words.metric(facts, theirs.validation.mean)}."


def _held_against(found: Findings, winner: TrialFacts) -> tuple[TrialFacts | None, str]:
    """Return the reference, or what the search found best where that won; or why there is none."""
    if winner.baseline is None:
        return found.reference, ""
    searched = next((t for t in found.ranked if t.baseline is None), None)
    pruned = len([t for t in found.facts.of_state("pruned") if t.baseline is None])
    if searched is not None or not pruned:
        return searched, ""
    return None, (
        f"; {words.count(pruned, 'searched configuration')} fell behind and "
        f"{'were' if pruned > 1 else 'was'} pruned"
    )


def _others(found: Findings, winner: TrialFacts) -> list[TrialFacts]:
    """Return the other baselines; of many only the reference and the best other one."""
    known = [trial for trial in found.baselines if trial is not winner]
    if len(known) > _NAMED:
        best = [n for n in found.confirmed if n in {t.number for t in known}][:1]
        known = [t for t in known if t is found.reference or t.number in best]
    return known


def _fared(found: Findings, base: TrialFacts, part: Part) -> str:
    """Return what a baseline reached with the same fresh seeds; nothing where it had none."""
    if base.number in found.failed:
        return f"{words.label(base)} {words.failed(found.failed[base.number])}"
    theirs = found.confirmed.get(base.number)
    reached = None if theirs is None else theirs.test if part == "test" else theirs.validation
    if reached is None:
        return ""
    return f"{words.label(base)} reaches {words.metric(found.facts, reached.mean)}"
