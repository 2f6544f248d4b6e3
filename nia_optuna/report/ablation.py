"""Which single changes carried the gain, in words and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nia_optuna.findings.ablation import CANNOT_TELL, Ablation, Step
from nia_optuna.findings.confirmation import Interval
from nia_optuna.findings.findings import Findings
from nia_optuna.findings.surrogate import Surrogate
from nia_optuna.report import words
from nia_optuna.report.numbers import minus, share

MOST = 12
"""Steps shown one by one; of more, the run of neighbours that matters least is taken together."""
_LEADING = 3  # changes named in the sentence
_MUCH = 0.5  # part of the gain from which on what is not accounted for is spoken of


@dataclass(frozen=True)
class Bar:
    """One step as it is shown, or several taken together, which have no interval."""

    what: str
    before: str
    after: str
    gain: float
    ci95: Interval | None


def ablation_section(found: Findings) -> dict[str, Any] | None:
    """Return the verdict, the rows and what they rest on; None where there is nothing to ablate."""
    made = found.ablation
    if made is None:
        return None
    rows = [
        [bar.what, bar.before, bar.after, *_gain(found, bar.gain, bar.ci95)] for bar in bars(made)
    ]
    if rows:
        rows.append(["not accounted for by these", "", "", *_gain(found, made.rest, None)])
    return {
        "gain": _whole(found, made),
        "verdict": _verdict(found, made),
        "rows": rows,
        "basis": _basis(made.surrogate) if made.surrogate and rows else "",
    }


def bars(made: Ablation) -> list[Bar]:
    """Return the steps in their order, MOST at most."""
    shown = [_bar(made, step) for step in made.steps]
    many = len(shown) - MOST + 1
    if many <= 1:
        return shown
    runs = range(len(shown) - many + 1)
    first = min(runs, key=lambda k: sum(abs(step.gain) for step in made.steps[k : k + many]))
    rest = Bar(f"{many} more", "", "", sum(b.gain for b in shown[first : first + many]), None)
    return [*shown[:first], rest, *shown[first + many :]]


def _bar(made: Ablation, step: Step) -> Bar:
    first, *others = step.names
    what = f"{first} and what it brings" if others else first
    before, after = (
        ", ".join(
            words.parameter(each[name])
            if name == first
            else f"{name} {words.parameter(each[name])}"
            for name in step.names
            if name in each
        )
        or words.NOTHING
        for each in (made.source.configuration, made.target.configuration)
    )
    return Bar(what, before, after, step.gain, step.ci95)


def _gain(found: Findings, gain: float, ci95: Interval | None) -> list[str]:
    said = words.gain(found.facts, gain)
    if ci95 is None:
        return [said, words.NOTHING]
    low, high = (words.gain(found.facts, end).removesuffix(" points") for end in ci95)
    return [said, f"{low} to {high}"]


def _whole(found: Findings, made: Ablation) -> str:
    facts = found.facts
    gain = words.gain(facts, facts.gain(made.end, made.start))
    where = (
        "both means over fresh seeds"
        if made.measured == "fresh seeds"
        else f"both in the {words.search(facts)}"
    )
    said = (
        f"From {words.label(made.source)} ({words.metric(facts, made.start)}) to "
        f"{words.label(made.target)} ({words.metric(facts, made.end)}, {where}) it is {gain}."
    )
    held = found.against_winner.get(made.source.number)
    if held is not None and held.validation is not None and held.validation.tied:
        said += " That gain is itself not shown, since its 95 % interval holds 0."
    return said


def _verdict(found: Findings, made: Ablation) -> str:
    if made.missing:
        return f"Which change carried it cannot be said: {_why(made)}."
    facts = found.facts
    better = sorted((s for s in made.steps if s.gain > 0), key=lambda step: -step.gain)
    clear = [step for step in better if step.shown]
    cost = [step for step in made.steps if step.shown and step.gain < 0]
    said = (
        f"The surrogate expects most of {_named(found, better[:_LEADING])}"
        if better
        else "The surrogate expects nothing good of any change"
    )
    if clear:
        one = len(clear) == 1
        names = words.listed([step.names[0] for step in clear])
        said += f"; clear of 0 {'is the interval' if one else 'are the intervals'} of {names} alone"
    elif better:
        said += (
            "; the interval of every change for the better holds 0, so no single one is shown to "
            "have carried it"
        )
    if cost:
        said += f"; on the way {_named(found, cost[:_LEADING])} cost some"
    if abs(made.rest) > _MUCH * facts.gain(made.end, made.start):
        said += (
            f". Not accounted for are {words.gain(facts, made.rest)}, as much as half of the gain "
            "or more: take the rows for their order rather than their size"
        )
    return f"{said}."


def _why(made: Ablation) -> str:
    fit = made.surrogate
    if fit is None or made.missing != CANNOT_TELL:
        return made.missing
    return (
        f"{made.missing}, for on trials that its trees had not seen it predicts no better than "
        f"chance (rank correlation {minus(f'{fit.correlation:.2f}')} over "
        f"{words.count(fit.trials, 'trial')})"
    )


def _named(found: Findings, steps: list[Step]) -> str:
    return words.listed(
        [f"{step.names[0]} ({words.gain(found.facts, step.gain)})" for step in steps]
    )


def _basis(fit: Surrogate) -> str:
    counted = []
    if fit.pruned:
        counted.append(f"{fit.pruned:,} pruned, taken for what they were heading for")
    if fit.failed:
        counted.append(f"{fit.failed:,} failed, taken for the worst")
    among = f" ({'; '.join(counted)})" if counted else ""
    return (
        f"The surrogate is a random forest fitted on {words.count(fit.trials, 'trial')}{among}. "
        f"Of trials that a tree had not seen it explains {share(fit.explained)} of the variance, "
        f"with a rank correlation of {fit.correlation:.2f}."
    )
