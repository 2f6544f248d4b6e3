"""Whether values of several studies may be compared, what differs, and which are one method."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nia_optuna.findings.facts import StudyFacts

Matter = Literal["values", "validation", "method", "cost"]
"""What a difference touches: the meaning of all values, which examples are validated on, what was
searched how, or only what it cost."""

_VALIDATION = ("validation", "subset", "seed", "resplit")
_ASKED = ("trials", "epochs", "timeout", "patience", "target", "finalists", "seeds", "repeats")
_HARDWARE = ("device", "cpu", "cores", "precision", "torch", "optuna", "nia_optuna")


@dataclass(frozen=True)
class Differing:
    """Something that is not the same in all studies, with its value in each; None is unknown."""

    name: str
    matter: Matter
    values: tuple[object, ...]


def same_values(one: StudyFacts, other: StudyFacts) -> bool:
    """Return whether values on the test part mean the same: the same data, by the same measure.

    A storage that does not say which data it was can be compared with nothing.
    """
    return one.dataset.fingerprint is not None and _measured(one) == _measured(other)


def same_validation(one: StudyFacts, other: StudyFacts) -> bool:
    """Return whether values on validation are of the same examples, learned from as many."""
    return same_values(one, other) and _validation(one) == _validation(other)


def comparable(studies: Sequence[StudyFacts]) -> tuple[tuple[int, ...], ...]:
    """Return the places of those whose values compare, group by group; one may stand alone."""
    groups: list[list[int]] = []
    for place, facts in enumerate(studies):
        home = next((g for g in groups if same_values(studies[g[0]], facts)), None)
        if home is None:
            groups.append([place])
        else:
            home.append(place)
    return tuple(map(tuple, groups))


def methods(studies: Sequence[StudyFacts]) -> tuple[tuple[int, ...], ...]:
    """Return the places of studies that share everything but the seed, method by method.

    Two studies of one seed are no two samples of a method: the second stands alone.
    """
    groups: list[list[int]] = []
    for place, facts in enumerate(studies):
        home = next((g for g in groups if _another_seed(facts, [studies[k] for k in g])), None)
        if home is None:
            groups.append([place])
        else:
            home.append(place)
    return tuple(map(tuple, groups))


def differing(studies: Sequence[StudyFacts]) -> tuple[Differing, ...]:
    """Return what differs, what touches the meaning of values first."""
    rows: list[tuple[str, Matter, list[object]]] = [
        ("data set", "values", [f.dataset.name for f in studies]),
        ("fingerprint of the data", "values", [f.dataset.fingerprint for f in studies]),
        ("metric", "values", [f.metric for f in studies]),
        ("loss", _matter_of_loss(studies), [f.loss for f in studies]),
    ]
    rows += [(n, "validation", [_setting(f, n) for f in studies]) for n in _VALIDATION]
    rows.append(("validation examples", "validation", [f.dataset.validation for f in studies]))
    rows.append(("training examples", "validation", [f.dataset.train for f in studies]))
    others = {name for facts in studies for name in facts.settings} - {*_VALIDATION, *_ASKED}
    rows += [
        (name, "method", [f.settings.get(name) for f in studies])
        for name in (*sorted(others), *_ASKED)
    ]
    rows.append(("recipe of the defaults", "method", [f.recipe for f in studies]))
    rows += _space(studies)
    rows.append(("workers", "cost", [_workers(f) for f in studies]))
    rows += [(name, "cost", [f.environment.get(name) for f in studies]) for name in _HARDWARE]
    return tuple(
        Differing(_LONG.get(name, name), matter, tuple(values))
        for name, matter, values in rows
        if len(set(map(_plain, values))) > 1
    )


_LONG = {"seeds": "seeds of the confirmation", "trials": "trials asked for"}


def _measured(facts: StudyFacts) -> tuple[object, ...]:
    loss = facts.loss if facts.metric == "loss" else None
    return facts.dataset.fingerprint, facts.metric, facts.direction, facts.task, loss


def _matter_of_loss(studies: Sequence[StudyFacts]) -> Matter:
    return "values" if any(facts.metric == "loss" for facts in studies) else "method"


def _validation(facts: StudyFacts) -> list[object]:
    return [
        facts.dataset.train,
        facts.dataset.validation,
        *(_setting(facts, n) for n in _VALIDATION),
    ]


def _setting(facts: StudyFacts, name: str) -> object:
    # Studies from before there was resplit did not.
    return facts.settings.get(name) is True if name == "resplit" else facts.settings.get(name)


def _another_seed(facts: StudyFacts, known: Sequence[StudyFacts]) -> bool:
    return (
        facts.dataset.fingerprint is not None
        and isinstance(facts.settings.get("seed"), int)
        and _method(facts) == _method(known[0])
        and all(facts.settings.get("seed") != other.settings.get("seed") for other in known)
    )


def _method(facts: StudyFacts) -> tuple[object, ...]:
    settings = {name: value for name, value in facts.settings.items() if name != "seed"}
    return *_measured(facts), facts.loss, facts.recipe, facts.space, _plain(settings)


def _space(studies: Sequence[StudyFacts]) -> list[tuple[str, Matter, list[object]]]:
    """Return what each study searches of every parameter that any of them searches."""
    searched: list[Mapping[str, str]] = [{p.name: p.searched for p in f.space} for f in studies]
    names = dict.fromkeys(name for space in searched for name in space)
    return [
        (f"searched: {name}", "method", [space.get(name) for space in searched]) for name in names
    ]


def _workers(facts: StudyFacts) -> int | None:
    known = [s.workers for s in facts.sessions if s.stage == "search" and s.workers is not None]
    return known[-1] if known else None


def _plain(value: object) -> str:
    if value in ([], {}, ""):  # nothing was set, be it said or not
        value = None
    return json.dumps(value, sort_keys=True, default=str)
