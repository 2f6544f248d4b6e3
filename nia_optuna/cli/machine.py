"""What this machine has for a run: its devices, measured, and how many train at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from nia_optuna.search.run import Machine
    from nia_optuna.study import Study


def machine_of(device: str, workers: str, study: Study, data_dir: Path) -> Machine:
    """Measure the devices and lay out a training a core, or a few a GPU, unless told otherwise."""
    from nia_optuna.search.run import Machine
    from nia_optuna.training.device import Device, devices
    from nia_optuna.training.hardware import cores
    from nia_optuna.training.probed import probed

    try:
        names = devices(device)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--device") from None
    # An answer in bfloat16 has two or three digits: enough to choose a class, not for a number.
    numbers = study.task == "regression"
    chosen = [Device(name) if numbers else probed(name, data_dir).device for name in names]
    wanted = min(_slots(names), study.budget.trials) if workers == "auto" else int(workers)
    count = max(1, wanted)
    threads = max(1, cores() // count)
    return Machine(
        devices=tuple(replace(chosen[k % len(chosen)], threads=threads) for k in range(count)),
        inline=wanted == 0,
    )


def _slots(names: tuple[str, ...]) -> int:
    """Return how many trainings these devices take at once."""
    from nia_optuna.training.hardware import cores
    from nia_optuna.training.slots import trainers_a_gpu

    if names == ("cpu",):
        return cores()
    if names == ("mps",):
        return 2
    from nia_optuna.training.memory import free_bytes, free_cache

    for name in names:
        free_cache(name)  # what the measurements took, which this process needs no more
    free = min(map(free_bytes, names))
    return len(names) * trainers_a_gpu(cores=cores(), gpus=len(names), free=free)
