"""`nia-optuna run --replay N`: a trial trained again, beside what it measured before."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Collection, Mapping
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from nia_optuna.cli.progress import value_text

if TYPE_CHECKING:
    from rich.table import Table

    from nia_optuna.metric import Metric
    from nia_optuna.search.likeness import Curve, Difference
    from nia_optuna.search.replayed import Replayed
    from nia_optuna.search.run import Place
    from nia_optuna.study import Study
    from nia_optuna.training.device import Device


def carry_out_replay(
    study: Study,
    place: Place,
    device: Device,
    number: int,
    *,
    given: Collection[str],
    as_json: bool,
) -> None:
    """Train a trial again under a progress display, and print how it compares."""
    import optuna
    from rich.console import Console

    from nia_optuna.cli.live import can_redraw, live
    from nia_optuna.cli.plain import plain
    from nia_optuna.search.replay import replay

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    console = Console(stderr=True)
    shown = live(console) if can_redraw(console) else plain(sys.stderr)
    # What a study file prints must not get between the user and the JSON document.
    with redirect_stdout(sys.stderr), shown as watch:
        found = replay(study, place, device, number, watch, given=given)
    if as_json:
        document = {"study": study.name, "metric": study.metric} | document_of(found)
        sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")
        return
    console.print(table(found, study.metric))
    for line in sentences(found, study.metric):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def sentences(found: Replayed, metric: Metric) -> list[str]:
    """Return what came of it, in words."""
    alike, number = found.likeness, found.trial.number
    if found.verdict == "identical":
        said = [f"trial {number}: the same to the last bit"]
    elif found.verdict == "rounding" and alike.largest:
        said = [f"trial {number}: the same but for rounding; at most {_told(alike.largest)}"]
    else:
        said = [f"trial {number}: different"]
        if apart := alike.first_apart:
            said += [f"first apart: {_told(apart)}"]
        if (largest := alike.largest) and largest is not apart:
            said += [f"most apart: {_told(largest)}"]
        if not alike.same_length:
            said += [f"epochs were {_lengths(found.recorded)} and are {_lengths(found.now)}"]
    if found.failure is not None or found.recorded_failure is not None:
        said += [_failures(found.recorded_failure, found.failure)]
    if found.recorded_value is not None:
        before, after = value_text(metric, found.recorded_value), value_text(metric, found.value)
        said += [f"its value was {before} and is {after}"]
    return said + [f"it may differ because {cause}" for cause in found.causes]


def _failures(was: str | None, now: str | None) -> str:
    if was is None:
        return f"it did not fail before, and now it does: {now}"
    if now is None:
        return f"it does not fail now, as it did: {was}"
    return f"it fails in the same way: {was}" if was == now else f"it failed: {was}; and now: {now}"


def table(found: Replayed, metric: Metric) -> Table:
    """Return the metric of every epoch, recorded and now, a line each; repeats below."""
    from rich.table import Table

    shown = Table("seed", "epoch", f"{metric} recorded", "now", "largest difference", box=None)
    for seed, curve in found.recorded.items():
        now = found.now.get(seed, ())
        for place in range(max(len(curve), len(now))):
            largest = _largest(found, seed, place + 1)
            shown.add_row(
                str(seed),
                str(place + 1),
                *(_figure(metric, each, place) for each in (curve, now)),
                _size(largest) if largest else "none",
            )
    return shown


def document_of(found: Replayed) -> dict[str, Any]:
    """Return the comparison as JSON values; what is unknown or not finite is None."""
    alike = found.likeness
    return {
        "trial": found.trial.number,
        "state": found.state,
        "verdict": found.verdict,
        "largest_difference": _difference(alike.largest),
        "first_apart": _difference(alike.first_apart),
        "value": {"recorded": found.recorded_value, "now": found.value},
        "failure": {
            "recorded": found.recorded_failure,
            "now": found.failure,
        },
        "path": {"recorded": found.recorded_path, "now": found.path},
        "may_differ_because": list(found.causes),
        "trainings": [
            {
                "seed": seed,
                "recorded": [_plain(epoch) for epoch in curve],
                "now": [_plain(epoch) for epoch in found.now.get(seed, ())],
                "largest_differences": [
                    _difference(_largest(found, seed, number + 1))
                    for number in range(min(len(curve), len(found.now.get(seed, ()))))
                ],
            }
            for seed, curve in found.recorded.items()
        ],
    }


def _largest(found: Replayed, seed: int, epoch: int) -> Difference | None:
    mine = [d for d in found.likeness.differences if (d.seed, d.epoch) == (seed, epoch)]
    return max(mine, key=lambda d: d.size / d.allowed, default=None)


def _told(it: Difference) -> str:
    return (
        f"{it.measure} of epoch {it.epoch}, seed {it.seed}, "
        f"was {it.recorded:.9g} and is {it.now:.9g} ({_size(it)})"
    )


def _size(it: Difference) -> str:
    points = it.measure.endswith("accuracy")
    return f"{it.size * 100:.3g} points" if points else f"{it.size:.2g} of it"


def _figure(metric: Metric, curve: Curve, place: int) -> str:
    return (
        value_text(metric, curve[place].get(f"validation_{metric}"))
        if place < len(curve)
        else "none"
    )


def _lengths(curves: Mapping[int, Curve]) -> str:
    return ", ".join(str(len(curve)) for curve in curves.values())


def _difference(it: Difference | None) -> dict[str, Any] | None:
    if it is None:
        return None
    known = {"seed": it.seed, "epoch": it.epoch, "measure": it.measure}
    return known | _plain({"recorded": it.recorded, "now": it.now, "difference": it.size})


def _plain(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    return {k: v if v is None or math.isfinite(v) else None for k, v in figures.items()}
