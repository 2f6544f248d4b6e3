"""What a run came to, in words."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from nia_optuna.cli.options import RUNS
from nia_optuna.cli.progress import value_text

if TYPE_CHECKING:
    from rich.console import Console

    from nia_optuna.search.run import Place


class EmptyError(RuntimeError):
    """A run that came to its end without a single complete trial."""


def say_result(
    console: Console, summary: dict[str, Any], next_line: str, *, timed_out: bool = False
) -> None:
    """Print what is recommended and what comes next; EmptyError where nothing is complete."""
    name, metric, best = summary["study"], summary["metric"], summary["best"]
    text = partial(value_text, metric)
    if best is None:
        early = " before its timeout was over; the same command goes on" if timed_out else ""
        raise EmptyError(f"{name}: no trial was completed{early}; see why with: {next_line}")
    kind = "recommended is" if best["chosen_by"] == "confirmation" else "best so far is"
    line = f"{name}: {kind} trial {best['number']}, validation {metric} {text(best['value'])}"
    if baseline := summary["baseline"]:
        line += f" in the search (baseline {text(baseline['value'])})"
    console.print(line, highlight=False, soft_wrap=True)
    if old := summary["extends"]:
        line = f"{old['migrated']} of its trials are from {old['study']}, which it extends"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if confirmed := summary["confirmed"]:
        line = f"confirmed with {len(confirmed['seeds'])} fresh seeds: validation "
        line += _reached(text, confirmed)
        others = (b for b in summary["baselines"] if b["number"] != best["number"])
        if other := next((each for each in others if each["confirmed"]), None):
            line += f"; the {other['name']} baseline: validation "
            line += _reached(text, other["confirmed"])
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if check := summary["pruning"]:
        line = f"{check['finished']} of {check['pruned']} pruned trials were finished: "
        line += f"{check['beat_best']['count']} would have beaten the best of the search"
        if among := check["among_finalists"]:
            line += f", {among['count']} would have been among the finalists"
        console.print(line, highlight=False, soft_wrap=True)
    console.print(f"write it up with: {next_line}", highlight=False, soft_wrap=True)


def _reached(text: Callable[[float], str], confirmed: dict[str, Any]) -> str:
    """Return "98.38%, test 96.67%": the means over fresh seeds, on the test part if known."""
    test = confirmed["test"]
    return text(confirmed["mean"]) + (f", test {text(test['mean'])}" if test else "")


def report_line(name: str, place: Place) -> str:
    """Return the command that writes the study up."""
    from nia_optuna.search.address import masked

    words = ["nia-optuna", "report", name]
    if place.storage is not None:
        words += ["--storage", masked(place.storage)]
    elif place.runs.path != RUNS:
        words += ["--runs-dir", str(place.runs.path)]
    return shlex.join(words)
