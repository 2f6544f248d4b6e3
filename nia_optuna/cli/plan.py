"""`nia-optuna run --dry-run`: what a run would do, before it does anything."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nia_optuna.study import check_space

if TYPE_CHECKING:
    from nia_optuna.search.run import Machine, Place
    from nia_optuna.study import Study


_SETTINGS = (
    *("metric", "loss", "validation", "subset", "normalise", "augment"),
    *("repeats", "resplit", "seed"),
)
"""Fields of Study that decide what a value means."""


def show_plan(
    study: Study, place: Place, machine: Machine, *, finish_pruned: int, as_json: bool
) -> None:
    """Print the study, its space and the machine's settings; touch no storage and no data."""
    plan = plan_of(study, place, machine, finish_pruned)
    if as_json:
        sys.stdout.write(json.dumps(plan, indent=2, allow_nan=False) + "\n")
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(f"[bold]{escape(study.name)}[/bold]: {escape(study.question)}")
    table = Table("parameter", "range", "default", title="space", title_justify="left")
    for parameter in plan["space"]:
        table.add_row(*(escape(str(parameter[key])) for key in ("name", "range", "default")))
    console.print(table)
    shown = [
        "dataset",
        "settings",
        "baselines",
        "budget",
        "sampler",
        "pruner",
        "devices",
        "storage",
    ]
    for key in (*shown, *(["finish_pruned"] if finish_pruned else [])):
        value = plan[key]
        if isinstance(value, dict):
            known = {k: v for k, v in value.items() if v not in (None, ())}
            value = ", ".join(f"{k} {v}" for k, v in known.items())
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        console.print(f"{key}: {escape(str(value))}", soft_wrap=True)


def plan_of(study: Study, place: Place, machine: Machine, finish_pruned: int) -> dict[str, Any]:
    """Return the plan as JSON values."""
    from nia_optuna.search.address import masked
    from nia_optuna.search.environment import precision
    from nia_optuna.search.identity import named

    device = machine.devices[0]
    return {
        "study": study.name,
        "question": study.question,
        "dataset": str(study.dataset),
        "space": [
            {"name": p.name, "range": p.range_text(), "default": p.default}
            for p in check_space(study).values()
        ],
        "settings": {name: getattr(study, name) for name in _SETTINGS},
        "baselines": ["default", *study.baselines],
        "budget": asdict(study.budget),
        "sampler": named(study.sampler),
        "pruner": named(study.pruner),
        "finish_pruned": finish_pruned,
        "devices": {
            "names": " ".join(dict.fromkeys(d.name for d in machine.devices)),
            "workers": 0 if machine.inline else len(machine.devices),
            "threads": device.threads,
            "precision": precision(device),
            "channels_last": device.channels_last,
            "chosen": _chosen(study, place, machine),
        },
        "storage": masked(place.storage) if place.storage is not None else str(place.runs.database),
    }


def _chosen(study: Study, place: Place, machine: Machine) -> str:
    """Return why the device's settings are what they are, in words."""
    from nia_optuna.training.probed import FILE, probed

    if study.task == "regression":
        return "float32, as all regression"
    if machine.cluster is not None:
        return "measured on a node of the cluster; every other one measures its own"
    day = probed(machine.devices[0].name, place.data_dir).day
    return f"measured on {day}, see {place.data_dir / FILE}"
