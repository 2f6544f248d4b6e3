"""What the numbers of a study cannot tell, said plainly."""

from __future__ import annotations

import math

from nia_optuna.findings.findings import Findings
from nia_optuna.report import words

_FEW = 10  # seeds below which a t-interval is wide and its assumptions unchecked


def limits(found: Findings) -> list[str]:
    """Return the limits that hold for this study, as sentences."""
    said = [_seeds(found), _sampling(found), _searched(found)]
    said.append(
        "One split of the data was used throughout; intervals over seeds do not cover the luck of "
        "the split."
    )
    if len(found.confirmed.keys() - found.failed.keys()) > 1:
        said.append("Ties are judged pair by pair, without correction for several comparisons.")
    return [sentence for sentence in said if sentence]


def _seeds(found: Findings) -> str:
    if not found.confirmed:
        return "Every number is from a single training seed."
    fewest = min(len(each.seeds) for each in found.confirmed.values())
    rest = "search values are from one seed each"
    if fewest >= _FEW:
        return f"Confirmed means rest on {fewest} seeds or more; {rest}."
    return (
        f"Confirmed means rest on as few as {words.count(fewest, 'seed')}, so their intervals are "
        f"wide and assume a normal spread that so few cannot check; {rest}."
    )


def _sampling(found: Findings) -> str:
    facts, best = found.facts, found.winner
    pictures = facts.dataset.validation
    if facts.metric != "accuracy" or best is None or best.value is None or not pictures:
        return ""
    error = math.sqrt(max(0.0, best.value * (1 - best.value)) / pictures)
    return (
        f"With {pictures:,} validation pictures an accuracy near {words.metric(facts, best.value)} "
        f"has a standard error of {100 * error:.2f} points from the choice of pictures alone."
    )


def _searched(found: Findings) -> str:
    facts = found.facts
    finished = len(facts.of_state("complete")) + len(facts.of_state("pruned"))
    names = sorted({name for trial in facts.trials for name in trial.configuration})
    said = f"{words.count(finished, 'configuration')} of {words.count(len(names), 'parameter')}"
    epochs = facts.settings.get("epochs")
    length = (
        f", trained at most {words.count(epochs, 'epoch')} each" if isinstance(epochs, int) else ""
    )
    return f"{said} were tried{length}; nothing is known of what the study file does not search."
