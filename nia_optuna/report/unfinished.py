"""Whether the search has come to its end, in a sentence."""

from __future__ import annotations

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.grid import is_grid
from nia_optuna.findings.progress import asked, finished
from nia_optuna.report import words


def unfinished(found: Findings) -> str:
    """Return how far the search is and what continues it; empty where nothing is missing."""
    facts = found.facts
    total, done = asked(facts), finished(facts)
    waiting = [trial for trial in found.baselines if trial.state == "waiting"]
    if total is None or (done >= total and not waiting):
        return ""
    named = words.listed([words.label(trial) for trial in waiting])
    wait = f"{named} wait{'s' if len(waiting) == 1 else ''} to be trained" if waiting else ""
    if done < total or is_grid(facts):
        things = "cell" if is_grid(facts) else "trial"
        said = [f"{done:,} of {words.count(total, things)}", *filter(None, [wait])]
        return (
            f"The {words.search(facts)} is unfinished: {words.listed(said)}; the same command "
            "continues it."
        )
    # What was asked for is spent: only a larger total trains what still waits.
    return f"The search is unfinished: {wait}, which `--trials {done + len(waiting)}` does."
