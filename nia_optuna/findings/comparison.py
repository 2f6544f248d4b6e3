"""Several studies side by side: what each found, what it cost, and which found the better."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from nia_optuna.findings.anytime import Anytime, anytime
from nia_optuna.findings.apart import Apart, Part, apart, fresh, over_seeds
from nia_optuna.findings.by_example import by_example
from nia_optuna.findings.comparable import (
    Differing,
    comparable,
    differing,
    methods,
    same_validation,
    same_values,
)
from nia_optuna.findings.confirmation import Confirmed, confirmed
from nia_optuna.findings.cost import Cost, cost
from nia_optuna.findings.facts import StudyFacts, TrialFacts
from nia_optuna.findings.failed import Failed, failed
from nia_optuna.findings.on_test import Load, nothing_stored
from nia_optuna.findings.standing import best_searched, winner

ALL_PAIRS = 5
"""With more studies each is compared with the leader of its group alone."""


@dataclass(frozen=True)
class Standing:
    """One study: its recommended configuration, how that fared again, and what it cost."""

    facts: StudyFacts
    winner: TrialFacts | None
    searched: TrialFacts | None
    confirmed: Confirmed | None
    failed: Failed | None
    cost: Cost
    anytime: Anytime


@dataclass(frozen=True)
class Method:
    """Studies that share everything but their seeds, by name, and the confirmed value of each.

    `values` are by seed of the study on `part`; empty unless every study has one.
    """

    studies: tuple[str, ...]
    part: Part
    values: dict[int, float]


@dataclass(frozen=True)
class Comparison:
    """Studies in the order given; `groups` are those whose values compare, by name.

    `validated` says of each group that its values on validation are of one validation part.
    `apart` compares recommended configurations, `methods_apart` methods of two seeds or more by
    the first study of each: there a search is one value.
    """

    standings: tuple[Standing, ...]
    groups: tuple[tuple[str, ...], ...]
    validated: tuple[bool, ...]
    differing: tuple[Differing, ...]
    apart: tuple[Apart, ...]
    methods: tuple[Method, ...]
    methods_apart: tuple[Apart, ...]

    def standing(self, name: str) -> Standing:
        """Return the study of that name. Raises StopIteration for one that is not compared."""
        return next(each for each in self.standings if each.facts.name == name)


def compare(studies: Sequence[StudyFacts], load: Load = nothing_stored) -> Comparison:
    """Return the comparison of two studies or more, of different names; `load` gives artifacts."""
    groups = comparable(studies)
    answers = {facts.name: by_example(facts, load) for facts in studies}
    of_methods = [[studies[place] for place in places] for places in methods(studies)]
    return Comparison(
        standings=tuple(map(_standing, studies)),
        groups=tuple(tuple(studies[place].name for place in group) for group in groups),
        validated=tuple(
            all(same_validation(studies[group[0]], studies[place]) for place in group)
            for group in groups
        ),
        differing=differing(studies),
        apart=tuple(
            found
            for group in groups
            for one, other in _pairs([studies[place] for place in group])
            if (found := apart(one, other, answers)) is not None
        ),
        methods=tuple(map(_method, of_methods)),
        methods_apart=tuple(_methods_apart(of_methods)),
    )


def _standing(facts: StudyFacts) -> Standing:
    best = winner(facts)
    return Standing(
        facts=facts,
        winner=best,
        searched=best_searched(facts),
        confirmed=confirmed(facts).get(best.number) if best else None,
        failed=failed(facts).get(best.number) if best else None,
        cost=cost(facts),
        anytime=anytime(facts),
    )


def _pairs(studies: Sequence[StudyFacts]) -> Iterator[tuple[StudyFacts, StudyFacts]]:
    if len(studies) <= ALL_PAIRS:
        yield from combinations(studies, 2)
        return
    lead = _leader(studies)
    yield from ((lead, facts) for facts in studies if facts is not lead)


def _leader(studies: Sequence[StudyFacts]) -> StudyFacts:
    """Return the study of the best confirmed mean on validation, by which one may choose."""
    means = [(fmean(found), facts) for facts in studies if (found := _validated(facts))]
    if not means:
        return studies[0]
    ends = max if studies[0].direction == "maximize" else min
    return ends(means, key=lambda pair: pair[0])[1]


def _validated(facts: StudyFacts) -> list[float]:
    return list(fresh(facts, "validation").values())


def _method(studies: Sequence[StudyFacts]) -> Method:
    part: Part = "test" if all(fresh(facts, "test") for facts in studies) else "validation"
    values = {
        seed: fmean(found.values())
        for facts in studies
        if isinstance(seed := facts.settings.get("seed"), int) and (found := fresh(facts, part))
    }
    whole = values if len(values) == len(studies) else {}
    return Method(tuple(facts.name for facts in studies), part, whole)


def _methods_apart(of_methods: Sequence[Sequence[StudyFacts]]) -> Iterator[Apart]:
    several = [studies for studies in of_methods if len(studies) > 1]
    for one, other in combinations(several, 2):
        first, second = _method(one), _method(other)
        if not same_values(one[0], other[0]) or first.part != second.part:
            continue
        found = over_seeds(one[0], first.values, second.values)
        if found is not None:
            yield Apart(one[0].name, other[0].name, first.part, found)
