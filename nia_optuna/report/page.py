"""Findings → the values that the template of README.md shows: rows of words, no Markdown."""

from __future__ import annotations

from typing import Any

from nia_optuna.findings.findings import Findings
from nia_optuna.findings.standing import reported
from nia_optuna.report import looked, went, words
from nia_optuna.report.ablation import ablation_section
from nia_optuna.report.answer import answer
from nia_optuna.report.belief import belief
from nia_optuna.report.bill import cost_table, saved
from nia_optuna.report.cheaper import cheaper
from nia_optuna.report.clusters import clusters
from nia_optuna.report.configurations import best_table, top_table
from nia_optuna.report.confirmed_table import confirmation_table
from nia_optuna.report.grid_table import grid_table
from nia_optuna.report.limits import limits
from nia_optuna.report.mattered import mattered
from nia_optuna.report.on_test import on_test
from nia_optuna.report.pruning import could_ask, pruning_audit
from nia_optuna.report.pruning_check import pruning_check
from nia_optuna.report.reached_table import reached_table
from nia_optuna.report.reproduce import reproduce


def page(found: Findings, plots: set[str]) -> dict[str, Any]:
    """Return the template's variables; `plots` are the names of the pictures there are."""
    facts = found.facts
    return {
        "study": facts.name,
        "question": facts.question or "The study asks no question.",
        "metric": words.measure(facts.metric),
        "better": "higher is better" if facts.direction == "maximize" else "lower is better",
        "search": words.search(facts),
        "plots": plots,
        "answer": answer(found),
        "belief": belief(found),
        "confirmation": confirmation_table(found),
        "cheaper": cheaper(found),
        "best": best_table(found),
        "on_test": on_test(found),
        "top": top_table(found),
        "reached": reached_table(found),
        "reported": any(reported(facts, trial) is not None for trial in found.baselines),
        "grid": grid_table(found),
        "seeds_each": words.seeds_each(facts),
        "went": {
            "baselines": went.baselines(found),
            "anytime": went.anytime(found),
            "timeline": went.timeline(found),
        },
        "looked": {
            "slices": looked.slices(found),
            "contour": looked.contour(found),
            "parallel": looked.parallel(found),
        },
        "mattered": mattered(found),
        "ablation": ablation_section(found),
        "cost": cost_table(found),
        "saved": saved(found),
        "pruning_audit": pruning_audit(found),
        "could_ask": could_ask(found),
        "pruning_check": pruning_check(found),
        "pruned_after": [
            f"{words.count(trials, 'trial')} after epoch {epoch}"
            for epoch, trials in found.cost.pruned_after.items()
        ],
        "failures": [(reason, f"{trials:,}") for reason, trials in found.cost.failures.items()],
        "clusters": clusters(found),
        "command": facts.command,
        "reproduce": reproduce(facts),
        "limits": limits(found),
    }
