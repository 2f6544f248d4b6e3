"""Which single changes carried the gain from a baseline to the recommended configuration.

An ablation path (Fawcett & Hoos 2016) over a surrogate (Biedenkapp et al. 2017): from the
baseline on, always the change that the surrogate expects most of, until the recommended
configuration is reached. Nothing is trained for it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nia_optuna.findings.confirmation import Interval, confirmed
from nia_optuna.findings.facts import Configuration, StudyFacts, TrialFacts
from nia_optuna.findings.failed import failed
from nia_optuna.findings.standing import baselines, reference, winner
from nia_optuna.findings.surrogate import Surrogate, surrogate
from nia_optuna.findings.usable import Tried
from nia_optuna.record import DEFAULTS

FEWEST_TRIALS = 10
"""Trials below which a surrogate would be fitted to noise."""

CANNOT_TELL = "the surrogate cannot tell"
"""Said where it predicts no better than chance."""
_LOOKED_AT = 1000  # trials that say which choice brings what


@dataclass(frozen=True)
class Step:
    """Parameters that change together, and how much better the surrogate expects that to be.

    The first of `names` is the choice that brought the others, or took them away. `gain` is
    positive where better, whatever the direction; its `ci95` holds for the path as it is and knows
    nothing of how it was chosen.
    """

    names: tuple[str, ...]
    gain: float
    ci95: Interval

    @property
    def shown(self) -> bool:
        """Whether the interval leaves 0 out."""
        return not self.ci95[0] <= 0 <= self.ci95[1]


@dataclass(frozen=True, eq=False)
class Ablation:
    """The path from `source` to `target`; without steps where `missing` says why.

    `start` and `end` are what the two really reached, as means over fresh seeds or in the search,
    as `measured` says. `rest` is what the steps do not account for of the gain between them.
    """

    source: TrialFacts
    target: TrialFacts
    start: float
    end: float
    measured: Literal["fresh seeds", "search"]
    rest: float = 0.0
    steps: tuple[Step, ...] = ()
    surrogate: Surrogate | None = None
    missing: str = ""


def ablation(facts: StudyFacts, tried: Sequence[Tried]) -> Ablation | None:
    """Return the path from the first baseline inside of the space to the recommended one.

    `tried` are the trials that a surrogate learns from. None where there is no such pair to speak
    of: without a baseline, where the defaults are recommended, or where the recommended one failed
    on a fresh seed.
    """
    target, first = winner(facts), reference(facts)
    if target is None or target.value is None or first is None:
        return None
    if target.baseline == DEFAULTS or target.number in failed(facts):
        return None
    inside = [t for t in baselines(facts) if t.value is not None and t.configuration]
    source = next((t for t in inside if t is not target), first)
    measured, start, end = _ends(facts, source, target)
    gain = facts.gain(end, start)
    groups = changes(facts, source.configuration, target.configuration)
    missing = _too_little(source, target, gain, groups)
    fitted = None if missing else surrogate(facts, tried, (source.number, target.number))
    missing = missing or _too_weak(fitted)
    steps = () if missing or fitted is None else _path(facts, fitted, source, target, groups)
    rest = gain - math.fsum(step.gain for step in steps)
    return Ablation(source, target, start, end, measured, rest, steps, fitted, missing)


def changes(
    facts: StudyFacts, source: Configuration, target: Configuration
) -> list[tuple[str, ...]]:
    """Return the names of parameters that differ, in groups that change together.

    A parameter that only one of the two has goes with the choice that brings it: of the
    parameters that both have, differing, the one by which trials that have it are told from those
    that do not in the fewest nats (Schwarz's criterion, 1978).
    """
    changed = [
        name
        for name in sorted({*source, *target})
        if (name in source) != (name in target) or source[name] != target[name]
    ]
    groups = {name: [name] for name in changed if name in source and name in target}
    tried = [t.configuration for t in facts.trials if t.configuration][-_LOOKED_AT:]
    for name in changed:
        if name in groups:
            continue
        roots = [root for root in groups if root in source and root in target]
        if roots:
            groups[min(roots, key=lambda root: _nats(tried, root, name))].append(name)
        else:
            groups[name] = [name]
    return [tuple(group) for group in groups.values()]


def _nats(tried: Sequence[Configuration], root: str, name: str) -> float:
    """Return the description length of who has `name`, given the values of `root`."""
    pairs = Counter((repr(each.get(root, "")), name in each) for each in tried)
    values = Counter[str]()
    for (value, _), number in pairs.items():
        values[value] += number
    surprise = sum(n * math.log(values[value] / n) for (value, _), n in pairs.items())
    return surprise + len(values) / 2 * math.log(len(tried))


def _ends(
    facts: StudyFacts, source: TrialFacts, target: TrialFacts
) -> tuple[Literal["fresh seeds", "search"], float, float]:
    """Return what both reached in the confirmation, or where either was not in it, the search."""
    out = failed(facts)
    known = {n: c.validation.mean for n, c in confirmed(facts).items() if n not in out}
    if source.number in known and target.number in known:
        return "fresh seeds", known[source.number], known[target.number]
    assert source.value is not None
    assert target.value is not None
    return "search", source.value, target.value


def _too_little(
    source: TrialFacts, target: TrialFacts, gain: float, groups: list[tuple[str, ...]]
) -> str:
    """Return why there is nothing to ablate, empty where there is."""
    if gain <= 0:
        return "there is no gain that anything could have carried"
    if not (source.configuration and target.configuration):
        outside = "the recommended configuration" if source.configuration else "the baseline"
        return f"{outside} lies outside of the space, so single changes do not lead there"
    if not groups:
        return "the two are the same configuration"
    if len(groups) == 1:
        alone = f"{groups[0][0]}{' and what it brings' if len(groups[0]) > 1 else ''}"
        return f"the two differ in {alone} alone, which so carries all of it"
    return ""


def _too_weak(fitted: Surrogate | None) -> str:
    """Return why the surrogate is of no use, empty where it is of some."""
    if fitted is None:
        return "all trials have the same value"
    if fitted.trials < FEWEST_TRIALS:
        return f"{fitted.trials} trials are too few for a surrogate, {FEWEST_TRIALS} are needed"
    return "" if fitted.better_than_chance else CANNOT_TELL


def _path(
    facts: StudyFacts,
    fitted: Surrogate,
    source: TrialFacts,
    target: TrialFacts,
    groups: list[tuple[str, ...]],
) -> tuple[Step, ...]:
    at, left, steps = source.configuration, list(groups), []
    while left:
        ways = [_changed(at, target.configuration, group) for group in left]
        predicted = fitted.predict([at, *ways])
        gains = predicted[:, 1:] - predicted[:, :1]
        gains = gains if facts.direction == "maximize" else -gains
        best = int(gains.mean(axis=0).argmax())
        gain = float(gains[:, best].mean())
        half = float(fitted.forest.half_widths(gains[:, [best]])[0])
        steps.append(Step(left.pop(best), gain, (gain - half, gain + half)))
        at = ways[best]
    return tuple(steps)


def _changed(at: Configuration, target: Configuration, names: Sequence[str]) -> Configuration:
    kept = {name: value for name, value in at.items() if name not in names}
    return kept | {name: target[name] for name in names if name in target}
