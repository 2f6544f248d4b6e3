"""The machine-readable comparison: `comparison.json`."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.anytime import Anytime
from nia_optuna.findings.apart import Apart, OverExamples
from nia_optuna.findings.comparison import Comparison
from nia_optuna.findings.confirmation import Interval
from nia_optuna.findings.summary import summary

Json = dict[str, Any]


def comparison_summary(found: Comparison) -> Json:
    """Return the comparison in JSON values; what is unknown is None, nothing is NaN.

    `studies` are names in the order given, `comparable` their groups whose values compare, and
    `summaries` the summary of each. Gains are positive where `one` is better: fractions of an
    accuracy, otherwise in the metric's unit. `anytime` has (cost, best so far) by epochs trained
    and by seconds at work.
    """
    return {
        "studies": [each.facts.name for each in found.standings],
        "comparable": [list(group) for group in found.groups],
        "same_validation": list(found.validated),
        "differing": [
            {"name": each.name, "matter": each.matter, "values": list(each.values)}
            for each in found.differing
        ],
        "differences": [_apart(each) for each in found.apart],
        "methods": [
            {
                "studies": list(each.studies),
                "part": each.part,
                "seeds": list(each.values),
                "values": list(each.values.values()),
            }
            for each in found.methods
        ],
        "method_differences": [_apart(each) for each in found.methods_apart],
        "anytime": {each.facts.name: _anytime(each.anytime) for each in found.standings},
        "summaries": [summary(each.facts) for each in found.standings],
    }


def _apart(found: Apart) -> Json:
    seeds, held = found.over_seeds.difference, found.over_examples
    return {
        "one": found.one,
        "other": found.other,
        "part": found.part,
        "gain": seeds.gain,
        "seeds": seeds.seeds,
        "paired": found.over_seeds.paired,
        "method": seeds.method,
        "ci95": _interval(seeds.ci95),
        "bootstrap_ci95": _interval(found.over_seeds.bootstrap),
        "over_examples": None if held is None else _examples(held),
        "verdict": found.verdict,
    }


def _examples(held: OverExamples) -> Json:
    return {
        "gain": held.gain,
        "ci95": _interval(held.ci95),
        "examples": held.examples,
        "networks": list(held.networks),
    }


def _anytime(found: Anytime) -> Json:
    return {
        "epochs": [list(step) for step in found.by_epochs],
        "seconds": None if found.by_seconds is None else [list(step) for step in found.by_seconds],
    }


def _interval(found: Interval | None) -> list[float] | None:
    return None if found is None else list(found)
