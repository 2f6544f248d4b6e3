"""`nia-optuna run`: create or continue a study."""

from __future__ import annotations

import json as jsonlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nia_optuna.cli.cluster import LOCAL, OnRay, executor_name
from nia_optuna.cli.given import check_apart, check_tensorboard, seconds, worker_count
from nia_optuna.cli.machine import machine_of
from nia_optuna.cli.options import RUNS, DataDir, RunsDir, Storage
from nia_optuna.cli.search import search

if TYPE_CHECKING:
    from nia_optuna.study import Study


def run(
    target: Annotated[str, typer.Argument(metavar="STUDY.py[:NAME]", help="A study file.")],
    *,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Total of finished trials to reach.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most epochs a trial.")] = None,
    timeout: Annotated[
        str | None, typer.Option(help="End the search after this long: 90s, 30m, 2h.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A coarse rehearsal, as a study of its own.")
    ] = False,
    workers: Annotated[
        str,
        typer.Option(callback=worker_count, help="Trainings at once; 0 trains in this process."),
    ] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:0,1 or mps.")] = "auto",
    executor: Annotated[
        str,
        typer.Option(
            callback=executor_name,
            help="local, or ray or ray://HOST:PORT for trainers across a Ray cluster.",
        ),
    ] = LOCAL,
    gpus_per_trial: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="What a trainer on Ray takes of a GPU, such as 0.25."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**32 - 1, help="Instead of the study's seed.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Instead of the study's name.")] = None,
    storage: Storage = None,
    runs_dir: RunsDir = RUNS,
    data_dir: DataDir = None,
    tensorboard: Annotated[
        Path | None,
        typer.Option(help="Where every training leaves a folder for TensorBoard to show."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    finish_pruned: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Train N pruned trials to their end, to tell how often pruning was wrong.",
        ),
    ] = None,
    extend: Annotated[
        bool,
        typer.Option(
            "--extend",
            help="Where the space has changed, go on in a new study with the trials that fit it.",
        ),
    ] = False,
    replay: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="Train trial N again in this process, and compare; no more."
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document at the end.")
    ] = False,
) -> None:
    """Create or continue a study.

    The same command again continues what was interrupted, and does nothing when nothing is missing.
    """
    on_ray = OnRay(executor, device, workers, gpus_per_trial)
    on_ray.check(tensorboard)
    local = executor == LOCAL
    if not dry_run and local and replay is None and (workers == "auto" or int(workers)):
        from nia_optuna.search.forks import prepare_trainers

        prepare_trainers()  # first, so that it is beside all that is imported and measured here

    from nia_optuna.data import default_data_dir
    from nia_optuna.load import load
    from nia_optuna.search.run import Place
    from nia_optuna.search.runs import Runs

    told = {
        "--tensorboard": tensorboard,
        "--finish-pruned": finish_pruned,
        "--dry-run": dry_run,
        "--quick": quick,
        "--extend": extend,
    }
    check_apart({**told, "--replay": replay is not None})
    written = load(target)
    study = _named(written, name, seed, quick=quick)
    study = _with_budget(study, trials, epochs, seconds(timeout) if timeout else None)
    place = Place(Runs(runs_dir), data_dir or default_data_dir(), storage, tensorboard)
    if not dry_run:
        check_tensorboard(tensorboard)
    if replay is not None:
        from nia_optuna.cli.replay import carry_out_replay

        asked = {"seed": seed, "epochs": epochs, "device": None if device == "auto" else device}
        given = {option for option, value in asked.items() if value is not None}
        present = machine_of(device, "0", study, place.data_dir).devices[0]
        carry_out_replay(study, place, present, replay, given=given, as_json=json)
        return
    machine = (
        machine_of(device, workers, study, place.data_dir)
        if local
        else on_ray.machine(study, place.data_dir)
    )
    if dry_run:
        from nia_optuna.cli.plan import show_plan

        show_plan(study, place, machine, finish_pruned=finish_pruned or 0, as_json=json)
        return
    summary = search(study, place, machine, finish_pruned or 0, written.name if extend else None)
    if json:
        sys.stdout.write(jsonlib.dumps(summary, indent=2, allow_nan=False) + "\n")


def _named(study: Study, name: str | None, seed: int | None, *, quick: bool) -> Study:
    """Return the study under another name, with another seed, or its rehearsal."""
    from nia_optuna.search.rehearsal import rehearsal_of
    from nia_optuna.settings import check_settings

    given = {"name": name, "seed": seed}
    changes: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
    study = replace(study, **changes)
    check_settings(study)
    if quick:
        study = rehearsal_of(study)
        check_settings(study)
    return study


def _with_budget(
    study: Study, trials: int | None, epochs: int | None, timeout: float | None
) -> Study:
    given = {"trials": trials, "epochs": epochs, "timeout": timeout}
    changes: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
    return replace(study, budget=replace(study.budget, **changes))
