"""Which study to believe: what the intervals show, and what cannot be compared."""

from __future__ import annotations

from itertools import combinations

from nia_optuna.findings.comparable import Differing
from nia_optuna.findings.comparison import Comparison, Method, Standing
from nia_optuna.report import words
from nia_optuna.report.comparison.differences import told
from nia_optuna.report.comparison.differing import named

_TOLD = 6  # pairs told in sentences; the table has all


def believe(found: Comparison) -> list[str]:
    """Return what may be said of the studies, the weightiest first."""
    said = [_methods(found), *_pairs(found), _not_confirmed(found)]
    said += [_groups(found), _unknown(found), _validation(found)]
    return [sentence for sentence in said if sentence]


def method_name(method: Method) -> str:
    """Return the first study of a method, which stands for it, and how many searches it had."""
    return f"{method.studies[0]} ({len(method.studies)} searches)"


def _methods(found: Comparison) -> str:
    """Return what several searches a method say: the strongest there is on methods."""
    names = {each.studies[0]: method_name(each) for each in found.methods}
    said = [
        told(found.standing(each.one).facts, each, (names[each.one], names[each.other]))
        for each in found.methods_apart
    ]
    return f"Over whole searches, each one value: {' '.join(said)}" if said else ""


def _pairs(found: Comparison) -> list[str]:
    known = [
        told(found.standing(each.one).facts, each, (each.one, each.other)) for each in found.apart
    ]
    more = len(known) - _TOLD
    rest = [f"{words.count(more, 'more pair')} in the table below."] if more > 0 else []
    return [*known[:_TOLD], *rest]


def _not_confirmed(found: Comparison) -> str:
    without = [each for each in found.standings if each.confirmed is None or each.failed]
    said = [f"No difference is judged with {each.facts.name}: {_lack(each)}." for each in without]
    return " ".join(said)


def _lack(each: Standing) -> str:
    if each.winner is None:
        return "no trial is complete with a finite value"
    if each.failed is not None:
        return f"its recommended configuration {words.failed(each.failed)}"
    return "it is not confirmed, and the best of many noisy numbers is too good on average"


def _groups(found: Comparison) -> str:
    """Return which studies do not compare, and why."""
    if len(found.groups) == 1:
        return ""
    why = named(found.differing, "values")
    groups = words.listed([_group(group) for group in found.groups])
    because = f" They differ in {words.listed(why)}." if why else ""
    return f"Values compare only within {groups}.{because} Between them only costs compare."


def _group(group: tuple[str, ...]) -> str:
    return f"({', '.join(group)})"


def _unknown(found: Comparison) -> str:
    unknown = [e.facts.name for e in found.standings if e.facts.dataset.fingerprint is None]
    if not unknown:
        return ""
    return (
        f"The storage does not say which data {words.listed(unknown)} "
        f"{'is' if len(unknown) == 1 else 'are'} about, so no value there compares with another's."
    )


def _validation(found: Comparison) -> str:
    """Return that values on validation are not of the same examples, where that is so."""
    if all(found.validated):
        return ""
    differ = [each for each in found.differing if each.matter == "validation"]
    which = " and ".join(sorted(_inside(found, differ)))
    return (
        "They were not validated on the same examples or did not learn from as many "
        f"(they differ in {which}): hold values on validation beside each other with care, and "
        "those on test for better."
    )


def _inside(found: Comparison, differ: list[Differing]) -> set[str]:
    """Return the names of what differs between two studies of one group."""
    place = {each.facts.name: number for number, each in enumerate(found.standings)}
    return {
        each.name
        for group in found.groups
        for one, other in combinations(group, 2)
        for each in differ
        if each.values[place[one]] != each.values[place[other]]
    }
