"""The answer in three sentences: what was found, how it fared again, what seemed to matter."""

from __future__ import annotations

from nia_optuna.findings.facts import TrialFacts
from nia_optuna.findings.findings import Findings
from nia_optuna.report import words
from nia_optuna.report.numbers import share

_NAMED = 3  # parameters or baselines named in a sentence


def answer(found: Findings) -> list[str]:
    """Return the sentences, one alone where there is no answer yet."""
    if found.winner is None:
        return [_no_answer(found)]
    return [_searched(found, found.winner), _confirmed(found, found.winner), _mattered(found)]


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


def _searched(found: Findings, winner: TrialFacts) -> str:
    if winner.baseline is not None:
        return _baseline_won(found, winner)
    facts, base = found.facts, found.reference
    sentence = (
        f"Trial {winner.number} ({_changes(winner, base)}) reached a validation "
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


def _confirmed(found: Findings, winner: TrialFacts) -> str:
    facts = found.facts
    mine = found.confirmed.get(winner.number)
    if winner.number in found.failed:
        return f"Trained again it {words.failed(found.failed[winner.number])}: do not rely on it."
    if mine is None:
        return "It has not been trained again with fresh seeds, so this number is optimistic."
    sentence = (
        f"Trained again with {words.count(len(mine.seeds), 'fresh seed')} it reaches "
        f"{words.metric(facts, mine.validation.mean)} on validation "
        f"({words.interval(facts, mine.validation.ci95)})"
    )
    if mine.test is not None:
        sentence += (
            f" and {words.metric(facts, mine.test.mean)} on test "
            f"({words.interval(facts, mine.test.ci95)})"
        )
    return f"{'; '.join([sentence, *_others(found, winner)])}."


def _others(found: Findings, winner: TrialFacts) -> list[str]:
    """Return what the baselines reached; of many only the reference and the best other one."""
    known = [trial for trial in found.baselines if trial is not winner]
    if len(known) > _NAMED:
        best = [n for n in found.confirmed if n in {t.number for t in known}][:1]
        known = [t for t in known if t is found.reference or t.number in best]
    return [said for trial in known if (said := _fared(found, trial))]


def _fared(found: Findings, base: TrialFacts) -> str:
    """Return what a baseline reached with the same fresh seeds; nothing where it had none."""
    if base.number in found.failed:
        return f"{words.label(base)} {words.failed(found.failed[base.number])}"
    theirs = found.confirmed.get(base.number)
    if theirs is None:
        return ""
    numbers = f"{words.metric(found.facts, theirs.validation.mean)} on validation"
    if theirs.test is not None:
        numbers += f" and {words.metric(found.facts, theirs.test.mean)} on test"
    return f"{words.label(base)} reaches {numbers}"


def _mattered(found: Findings) -> str:
    known = found.importances
    if known.missing:
        return f"What mattered cannot be said: {known.missing}."
    leaders = words.listed([f"{n} ({share(known.mean(n))})" for n in known.order[:_NAMED]])
    if known.verdict.rely:
        return (
            f"What mattered most over the whole space was {known.order[0]}: both evaluators put it "
            f"first, of {leaders} of the variance."
        )
    return (
        f"What mattered most is not settled: the shares of the variance are {leaders}, but "
        f"{known.verdict.reasons[0]}. Do not rely on this."
    )


def _changes(trial: TrialFacts, base: TrialFacts | None) -> str:
    """Return the parameters in which `trial` departs from `base`; all where there is no base."""
    known = base.configuration if base else {}
    changed = [
        f"{name} {words.parameter(value)}"
        for name, value in sorted(trial.configuration.items())
        if name not in known or known[name] != value
    ]
    return ", ".join(changed) or "the same parameters"
