"""What makes a study the same study: where any of it changed, values no longer compare."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from nia_optuna.data import DataSet, Splits, plain_source
from nia_optuna.recipe import Recipe
from nia_optuna.record import StudyAttr
from nia_optuna.space import Parameter, label
from nia_optuna.study import Study

# Settings that may change between two runs of a study; the others decide what a value means.
MAY_CHANGE = (
    "trials",
    "timeout",
    "finalists",
    "seeds",
    "sampler",
    "pruner",
    "baselines",
    "reported",
)


class ChangedError(ValueError):
    """The stored study asked another question: says what changed and the way out."""


def facts_of(
    study: Study, parameters: Mapping[str, Parameter], data: DataSet, splits: Splits
) -> dict[str, Any]:
    """Return what identifies a study, as JSON, under the names of StudyAttr."""
    return {
        StudyAttr.QUESTION: study.question,
        StudyAttr.TASK: study.task,
        StudyAttr.LOSS: study.loss,
        StudyAttr.METRIC: study.metric,
        StudyAttr.RECIPE: stable_repr(study.recipe({})),
        StudyAttr.SPACE: [_plain(asdict(p)) for p in parameters.values()],
        StudyAttr.DATASET: {
            "name": data.name,
            "fingerprint": data.fingerprint,
            "shape": list(splits.shape),
            "classes": list(data.classes),
            "train": len(splits.train.index),
            "validation": len(splits.validation.index),
            "test": len(splits.test.index),
            "source": plain_source(study.dataset),
        },
        StudyAttr.SETTINGS: {
            **asdict(study.budget),
            "seed": study.seed,
            "validation": study.validation,
            "subset": study.subset,
            "normalise": study.normalise
            if isinstance(study.normalise, str)
            else list(study.normalise),
            "repeats": study.repeats,
            "resplit": study.resplit,
            "shards": None if data.train.shards is None else "in turn",
            "augment": list(study.augment),
            "sampler": named(study.sampler),
            "pruner": named(study.pruner),
            "baselines": {
                name: {"recipe": stable_repr(given)}
                if isinstance(given, Recipe)
                else {key: label(key, value) for key, value in given.items()}
                for name, given in study.baselines.items()
            },
            "reported": dict(study.reported),
        },
    }


def stable_repr(recipe: Recipe) -> str:
    """Return the repr of a recipe, the same in every process."""
    return without_addresses(repr(recipe))


def without_addresses(text: str) -> str:
    """Return a repr without memory addresses."""
    # An object without a repr of its own is told by its address, which is another every time.
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def check_same(name: str, stored: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Raise ChangedError, naming what changed, where `facts` ask another question than `stored`."""
    for what in changes(stored, facts):
        raise ChangedError(
            f"study {name!r} cannot be continued: {what}; {_way_out(stored, facts)}"
            "start another with --name, or undo the change"
        )


def changes(stored: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """Return what `facts` ask otherwise than `stored`, a line each."""
    found = measure_changes(stored, facts)
    if StudyAttr.SPACE not in stored or found:
        return found
    found = _space_changes(stored[StudyAttr.SPACE], facts[StudyAttr.SPACE])
    recipe = facts[StudyAttr.RECIPE]
    if not found and stored.get(StudyAttr.RECIPE, recipe) != recipe:
        found.append(f"its defaults made {stored[StudyAttr.RECIPE]} and now make {recipe}")
    was = stored[StudyAttr.SETTINGS]["baselines"]
    now = facts[StudyAttr.SETTINGS]["baselines"]
    found += [
        f"its baseline {name!r} is gone, which no parameters stand for"
        for name, params in was.items()
        if "recipe" in params and name not in now
    ]
    found += [
        f"its baseline {name!r} was {params} and is now {now[name]}"
        for name, params in was.items()
        if now.get(name, params) != params
    ]
    return found


def measure_changes(stored: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """Return what changed of that which decides what a value means, a line each.

    These are the data, the metric, the loss, and the settings that may not change.
    """
    if StudyAttr.SPACE not in stored:
        return ["it was not made by nia-optuna"]
    for what in (StudyAttr.DATASET, StudyAttr.SETTINGS, StudyAttr.METRIC):
        if what not in stored:
            return [f"its {what} was not recorded"]
    found = [
        f"its {what} was {stored.get(what)!r} and is now {facts[what]!r}"
        for what in (StudyAttr.METRIC, StudyAttr.LOSS)
        if stored.get(what, facts[what]) != facts[what]
    ]
    before, after = stored[StudyAttr.DATASET], facts[StudyAttr.DATASET]
    if before["fingerprint"] != after["fingerprint"]:
        found.append(
            f"its data were {before['name']} {before['fingerprint'][:19]}… "
            f"and are now {after['name']} {after['fingerprint'][:19]}…"
        )
    was, now = stored[StudyAttr.SETTINGS], facts[StudyAttr.SETTINGS]
    found += [
        f"its {setting} was {was.get(setting)!r} and is now {now[setting]!r}"
        for setting in now
        if setting not in MAY_CHANGE and was.get(setting, now[setting]) != now[setting]
    ]
    return found


def parameters_of(space: list[dict[str, Any]]) -> dict[str, Parameter]:
    """Return the parameters of a space as StudyAttr.SPACE has it."""
    return {p["name"]: Parameter(**{**p, "choices": tuple(p["choices"])}) for p in space}


def _way_out(stored: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return the way out that keeps the trials, where the space is all that changed."""
    if measure_changes(stored, facts) or stored[StudyAttr.SPACE] == facts[StudyAttr.SPACE]:
        return ""
    return "take the trials that still fit along into a new one with --extend, "


def _space_changes(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    was = {p["name"]: p for p in before}
    now = {p["name"]: p for p in after}
    return (
        [f"parameter {name!r} is gone" for name in was if name not in now]
        + [f"parameter {name!r} is new" for name in now if name not in was]
        + [
            f"parameter {name!r} was {_text(was[name])} and is now {_text(now[name])}"
            for name in was
            if name in now and was[name] != now[name]
        ]
    )


def _text(parameter: Mapping[str, Any]) -> str:
    (whole,) = parameters_of([dict(parameter)]).values()
    return f"{whole.range_text()} (default {whole.default})"


def _plain(parameter: dict[str, Any]) -> dict[str, Any]:
    return {**parameter, "choices": list(parameter["choices"])}


def named(choice: object) -> str:
    """Return the name of a sampler or pruner: as given, or of its class."""
    return choice if isinstance(choice, str) else type(choice).__name__
