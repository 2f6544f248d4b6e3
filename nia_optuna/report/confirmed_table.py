"""The confirmed configurations side by side."""

from __future__ import annotations

from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words


def confirmation_table(found: Findings) -> list[list[str]]:
    """Return a row for each confirmed configuration, best validation mean first.

    Those that failed on a seed come last. Columns: trial; value in the search; confirmed mean;
    optimism; how much better than the recommended one with its interval; whether it is tied,
    better or worse, or failed; mean on test and how much better there, for those that met it;
    trainable parameters; time of one training in the search.
    """
    if found.winner is None or found.winner.number not in found.confirmed:
        return []
    rows = []
    for number in dict.fromkeys([*found.confirmed, *found.failed]):
        confirmed, trial = found.confirmed.get(number), found.facts.trial(number)
        if trial is None:
            continue
        gap = found.optimism.get(number)
        rows.append(
            [
                words.label(trial),
                words.searched(found.facts, trial),
                words.estimate(found.facts, confirmed.validation if confirmed else None),
                words.NOTHING if gap is None else words.gain(found.facts, gap),
                *_on_validation(found, found.winner, trial),
                words.estimate(found.facts, confirmed.test if confirmed else None),
                _on_test(found, trial),
                words.NOTHING if trial.parameters is None else f"{trial.parameters:,}",
                words.duration(trial.seconds_each),
            ]
        )
    return rows


def _on_validation(found: Findings, winner: TrialFacts, trial: TrialFacts) -> tuple[str, str]:
    if trial.number in found.failed:
        return words.NOTHING, words.failed(found.failed[trial.number])
    if trial is winner:
        return words.NOTHING, "recommended"
    held = found.against_winner.get(trial.number)
    if held is None or held.validation is None:
        return words.NOTHING, "unknown"
    apart = "better" if held.validation.gain > 0 else "worse"
    verdict = {True: "tied", False: apart, None: "unknown"}[held.validation.tied]
    return words.verdict(found.facts, held.validation), verdict


def _on_test(found: Findings, trial: TrialFacts) -> str:
    held = found.against_winner.get(trial.number)
    if held is None or held.test is None:
        return words.NOTHING
    return words.verdict(found.facts, held.test)
