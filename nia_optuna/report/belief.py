"""Whether to believe the answer: what fresh seeds confirmed, tied, and showed too good."""

from __future__ import annotations

from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.record import QUICK
from nia_optuna.report import words
from nia_optuna.report.against import against_baselines
from nia_optuna.report.begun import begun
from nia_optuna.report.edges import at_edges
from nia_optuna.report.ties import ties


def belief(found: Findings) -> list[str]:
    """Return the reasons to believe the answer or not, the weightiest first."""
    if found.winner is None:
        return []
    reasons = [_rehearsal(found), _verdict(found, found.winner)]
    reasons += [_failures(found), _unfinished(found)]
    reasons.append(begun(found))
    if found.winner.number in found.confirmed and found.winner.number not in found.failed:
        reasons += [_strays(found), ties(found, found.winner), _optimism(found)]
    reasons += [_pruned(found), at_edges(found), _splits(found)]
    return [reason for reason in reasons if reason]


def _rehearsal(found: Findings) -> str:
    facts = found.facts
    if not facts.name.endswith(QUICK):
        return ""
    epochs, data = facts.settings.get("epochs"), facts.dataset
    most = f"at most {words.count(epochs, 'epoch')}" if isinstance(epochs, int) else "few epochs"
    few = f" on {data.train:,} training {words.examples(facts)}" if data.train else ""
    return (
        f"This is a rehearsal, {most}{few}: it says that all works and where the study itself "
        "should begin. Its figures are not those of whole trainings, and what authors reported is "
        "no measure for them."
    )


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
        for each in found.strays
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
                f"is the {words.search(facts)}'s choice alone."
            )
        return (
            "The confirmation is not whole yet, so the recommended one is still the "
            f"{words.search(facts)}'s choice: run the study again to finish it."
        )
    later = found.overtaken
    if later is None:
        return ""
    return (
        f"Trial {later.number}, found after the confirmation, has "
        f"{words.metric(facts, later.value)} in the {words.search(facts)} and has not been "
        "confirmed: run the study again to confirm it."
    )


def _optimism(found: Findings) -> str:
    facts = found.facts
    searched = [trial.number for trial in found.ranked if trial.baseline is None]
    number = next((number for number in searched if number in found.optimism), None)
    if number is None:
        return ""
    gap = found.optimism[number]
    if gap <= 0:
        return (
            f"Optimism: none shows. The {words.search(facts)}'s best confirmed number (trial "
            f"{number}) was {words.compared(facts, gap)} its mean over fresh seeds."
        )
    return (
        f"Optimism: the {words.search(facts)}'s best confirmed number (trial {number}) looked "
        f"{words.compared(facts, gap)} its mean over fresh seeds. Compare confirmed means, not "
        f"{words.search(facts)} values; the winner's own is the best of several and so still a "
        "little too good, its test mean is not."
    )


def _pruned(found: Findings) -> str:
    check = found.pruning_check
    if check is None or check.finalists is None or not check.finalists.count:
        return ""
    finished = words.count(check.finalists.of, "pruned trial")
    return (
        f"Pruning had its price: of {finished} trained to the end for a check, "
        f"{check.finalists.count:,} would have been among the finalists, each held by itself "
        "against the search as it was."
    )


def _splits(found: Findings) -> str:
    data = found.facts.dataset
    things = words.examples(found.facts)
    own = ", others for every seed" if words.resplit(found.facts) else ""
    size = f" ({data.validation:,} {things}{own})" if data.validation else ""
    tested = f" ({data.test:,} {things})" if data.test else ""
    search = words.search(found.facts)
    seen_by = ["the choice of the winner"]
    if found.facts.settings.get("pruner") != "none":
        seen_by.insert(0, "the pruner")
    if search != "grid":
        seen_by.insert(0, "the sampler")
    return (
        f"Which part each number is from: {search} values and confirmed means are of the "
        f"validation part{size}, which {words.listed(seen_by)} saw; test numbers are of the test "
        f"part{tested}, which nothing was chosen by."
    )
