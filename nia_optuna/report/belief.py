"""Whether to believe the answer: what fresh seeds confirmed, tied, and showed too good."""

from __future__ import annotations

from collections.abc import Sequence

from nia_optuna.findings.confirmation import difference, optimism
from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.standing import overtaken
from nia_optuna.findings.strays import strays
from nia_optuna.report import words
from nia_optuna.report.against import against_baselines
from nia_optuna.report.begun import begun

_CLEARLY = 0.9  # costs that differ by less are the same


def belief(found: Findings) -> list[str]:
    """Return the reasons to believe the answer or not, the weightiest first."""
    if found.winner is None:
        return []
    reasons = [_verdict(found, found.winner), _failures(found), _unfinished(found)]
    reasons.append(begun(found))
    if found.winner.number in found.confirmed and found.winner.number not in found.failed:
        reasons += [_strays(found), _ties(found, found.winner), _optimism(found)]
    return [reason for reason in (*reasons, _splits(found)) if reason]


def _verdict(found: Findings, winner: TrialFacts) -> str:
    base = found.reference
    if winner.number in found.failed:
        return f"Not confirmed: the recommended one {words.failed(found.failed[winner.number])}."
    if winner.number not in found.confirmed:
        each = words.seeds_each(found.facts).replace("one seed", "one training seed")
        rest = f"is {'from' if each.startswith('one') else 'a'} {each}"
        return (
            f"Not confirmed: every number {rest}, and the best of many noisy "
            "numbers is too good on average. Believe the order of magnitude, not the rank."
        )
    if said := against_baselines(found, winner):
        return said
    if base is not None and base.number in found.failed:
        lost = f"{words.label(base)} {words.failed(found.failed[base.number])}"
        return f"Confirmed with fresh seeds, but {lost}: no whole baseline to compare with."
    return "Confirmed with fresh seeds, but there is no confirmed baseline to compare with."


def _strays(found: Findings) -> str:
    facts = found.facts
    told = [
        f"{words.label(trial)} ({each.seeds} of {words.count(each.of, 'seed')}, at worst "
        f"{words.metric(facts, each.worst)} on {each.part} where its median is "
        f"{words.metric(facts, each.median)})"
        for each in strays(facts)
        if (trial := facts.trial(each.trial)) is not None
    ]
    if not told:
        return ""
    return (
        f"Trainings that went astray carry the means and widen the intervals of "
        f"{words.listed(told)}: hold the medians beside the means."
    )


def _failures(found: Findings) -> str:
    said = [
        f"{words.label(trial)} {words.failed(each)} ({each.reason})"
        for number, each in found.failed.items()
        if (trial := found.facts.trial(number)) is not None
    ]
    if not said:
        return ""
    sentence = words.listed(said)
    return (
        f"{sentence[0].upper()}{sentence[1:]}; whatever fails on a fresh seed is out of the choice "
        "and of every comparison here."
    )


def _unfinished(found: Findings) -> str:
    facts = found.facts
    if facts.runs and facts.trial(facts.chosen) is None:
        if all(run.trial in found.failed for run in facts.runs):
            return (
                "No configuration has survived the confirmation so far, so the recommended one "
                "is the search's choice alone."
            )
        return (
            "The confirmation is not whole yet, so the recommended one is still the search's "
            "choice: run the study again to finish it."
        )
    later = overtaken(facts)
    if later is None:
        return ""
    return (
        f"Trial {later.number}, found after the confirmation, has "
        f"{words.metric(facts, later.value)} in the search and has not been confirmed: run the "
        "study again to confirm it."
    )


def _ties(found: Findings, winner: TrialFacts) -> str:
    facts = found.facts
    against = {
        number: difference(facts, winner.number, number, "validation")
        for number in found.confirmed
        if number != winner.number and number not in found.failed
    }
    if not against:
        return ""
    tied = [
        trial
        for number, each in against.items()
        if each is not None and each.tied and (trial := facts.trial(number)) is not None
    ]
    if any(each is None or each.tied is None for each in against.values()):
        return "With one seed a configuration, ties cannot be judged."
    if not tied:
        return "On validation it is apart from every other confirmed configuration."
    sentence = (
        "On validation it cannot be told apart from "
        f"{words.listed([words.label(trial) for trial in tied])}"
    )
    group = (winner, *tied)
    smaller = _cheaper([(trial.parameters, trial) for trial in group])
    quicker = _cheaper([(trial.seconds, trial) for trial in group])
    if smaller is not None and smaller is quicker:
        return f"{sentence}; {words.label(smaller)} is the smallest and the quickest to train."
    if smaller is not None:
        sentence += f"; {words.label(smaller)} is the smallest"
    if quicker is not None:
        sentence += f"; {words.label(quicker)} is the quickest to train"
    return f"{sentence}."


def _cheaper(pairs: Sequence[tuple[float | None, TrialFacts]]) -> TrialFacts | None:
    """Return the trial of the least cost where it is clearly below that of the first."""
    known = [(cost, trial) for cost, trial in pairs if cost is not None]
    if pairs[0][0] is None or not known:
        return None
    cost, trial = min(known, key=lambda pair: pair[0])
    return trial if cost < _CLEARLY * pairs[0][0] else None


def _optimism(found: Findings) -> str:
    facts = found.facts
    gaps = [
        (trial.number, gap)
        for trial in found.ranked
        if trial.baseline is None
        and (gap := optimism(facts, found.confirmed, trial.number)) is not None
    ]
    if not gaps:
        return ""
    number, gap = gaps[0]
    return (
        f"Optimism: the search's best confirmed number (trial {number}) looked "
        f"{words.compared(facts, gap)} its mean over fresh seeds. Compare confirmed means, not "
        "search values; the winner's own is the best of several and so still a little too good, "
        "its test mean is not."
    )


def _splits(found: Findings) -> str:
    data = found.facts.dataset
    things = words.examples(found.facts)
    size = f" ({data.validation:,} {things})" if data.validation else ""
    tested = f" ({data.test:,} {things})" if data.test else ""
    return (
        "Which part each number is from: search values and confirmed means are of the validation "
        f"part{size}, which the sampler, the pruner and the choice of the winner all saw; test "
        f"numbers are of the test part{tested}, which nothing was chosen by."
    )
