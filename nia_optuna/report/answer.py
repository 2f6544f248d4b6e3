"""The answer in three sentences: what was reached, how the search saw it, what mattered."""

from __future__ import annotations

from nia_optuna.findings.findings import Findings
from nia_optuna.report import answer_confirmed, answer_searched, words
from nia_optuna.report.numbers import share
from nia_optuna.report.unfinished import unfinished

_NAMED = 3  # parameters named in a sentence


def answer(found: Findings) -> list[str]:
    """Return the sentences, one alone where there is no answer yet.

    What fresh seeds showed on the test part comes first: it is the number to quote. Only that a
    search is unfinished stands before it.
    """
    winner = found.winner
    if winner is None:
        return [_no_answer(found)]
    mine = found.confirmed.get(winner.number)
    if mine is None or winner.number in found.failed:
        reached = answer_searched.sentences(found, winner)
    else:
        reached = answer_confirmed.sentences(found, winner, mine)
    return [*filter(None, [unfinished(found)]), *reached, _mattered(found)]


def _no_answer(found: Findings) -> str:
    facts = found.facts
    if not facts.trials:
        return "No answer yet: the study has no trial."
    states = [
        f"{len(facts.of_state(state))} {state}"
        for state in ("complete", "pruned", "failed", "running", "waiting")
        if facts.of_state(state)
    ]
    return (
        f"No answer yet: of {words.count(len(facts.trials), 'trial')} ({', '.join(states)}) "
        "none is complete with a finite value."
    )


def _mattered(found: Findings) -> str:
    known = found.importances
    if known.missing:
        return f"What mattered cannot be said: {known.missing}."
    shares = [share(known.mean(name)) for name in known.order[:_NAMED]]
    leaders = [f"{name} ({part})" for name, part in zip(known.order, shares, strict=False)]
    if known.verdict.rely:
        return (
            f"What mattered most over the whole space was {known.order[0]}, which both evaluators "
            f"put first with {shares[0]} of the variance, before {words.listed(leaders[1:])}."
        )
    return (
        f"What mattered most is not settled, so do not rely on {words.listed(leaders)} of the "
        f"variance: {known.verdict.reasons[0]}."
    )
