"""The confirmed configurations side by side."""

from __future__ import annotations

from nia_optuna.findings.confirmation import difference, optimism
from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words


def confirmation_table(found: Findings) -> list[list[str]]:
    """Return a row for each confirmed configuration, best validation mean first.

    Those that failed on a seed come last. Columns: trial; value in the search; confirmed mean;
    optimism; how far behind the recommended one with its interval; whether they are tied or one
    failed; mean on test and how far behind there, for those that met it; trainable parameters;
    time of a training.
    """
    if found.winner is None or found.winner.number not in found.confirmed:
        return []
    rows = []
    for number in dict.fromkeys([*found.confirmed, *found.failed]):
        confirmed, trial = found.confirmed.get(number), found.facts.trial(number)
        if trial is None:
            continue
        gap = optimism(found.facts, found.confirmed, number)
        rows.append(
            [
                words.label(trial),
                words.searched(found.facts, trial),
                words.estimate(found.facts, confirmed.validation if confirmed else None),
                words.NOTHING if gap is None else words.gain(found.facts, gap),
                *_behind(found, found.winner, trial),
                words.estimate(found.facts, confirmed.test if confirmed else None),
                _behind_on_test(found, found.winner, trial),
                words.NOTHING if trial.parameters is None else f"{trial.parameters:,}",
                words.duration(trial.seconds),
            ]
        )
    return rows


def _behind(found: Findings, winner: TrialFacts, trial: TrialFacts) -> tuple[str, str]:
    if trial.number in found.failed:
        return words.NOTHING, words.failed(found.failed[trial.number])
    if trial is winner:
        return words.NOTHING, "recommended"
    against = difference(found.facts, trial.number, winner.number, "validation")
    if against is None:
        return words.NOTHING, "unknown"
    tied = {True: "tied", False: "apart", None: "unknown"}[against.tied]
    return words.verdict(found.facts, against), tied


def _behind_on_test(found: Findings, winner: TrialFacts, trial: TrialFacts) -> str:
    if trial is winner or trial.number in found.failed:
        return words.NOTHING
    against = difference(found.facts, trial.number, winner.number, "test")
    return words.NOTHING if against is None else words.verdict(found.facts, against)
