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
    others = _others(found, winner, part)
    return f"{said}; {'; '.join(others)}." if others else f"{said}."


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


def _others(found: Findings, winner: TrialFacts, part: Part) -> list[str]:
    """Return what the comparison with the baselines came to, those of one verdict together.

    Of many baselines only the reference and the best other one.
    """
    known = [trial for trial in found.baselines if trial is not winner]
    if len(known) > _NAMED:
        best = [n for n in found.confirmed if n in {t.number for t in known}][:1]
        known = [t for t in known if t is found.reference or t.number in best]
    verdicts = {rival.trial.number: rival for rival in found.rivals}
    by_verdict: dict[str, list[str]] = {}
    for trial in known:
        rival = verdicts.get(trial.number)
        if rival is not None:
            reached = _reached(found, trial, rival.part)
            where = "" if rival.part == part else f" on {rival.part}"
            by_verdict.setdefault(f"it {rival.verdict.removesuffix(' it')}", []).append(
                f"{words.label(trial)} ({reached}{where})"
            )
        elif trial.number in found.failed:
            lost = words.failed(found.failed[trial.number])
            by_verdict.setdefault("", []).append(f"{words.label(trial)} {lost}")
    return [f"{verdict} {words.listed(those)}".strip() for verdict, those in by_verdict.items()]


def _reached(found: Findings, trial: TrialFacts, part: Part) -> str:
    theirs = found.confirmed[trial.number]
    on_part = theirs.test if part == "test" else theirs.validation
    return words.metric(found.facts, None if on_part is None else on_part.mean)
