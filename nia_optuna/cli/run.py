"""`nia-optuna run`: create or continue a study."""

from __future__ import annotations

import json as jsonlib
import os
import re
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nia_optuna.cli.cluster import LOCAL, OnRay, executor_name
from nia_optuna.cli.options import RUNS, DataDir, RunsDir, Storage

if TYPE_CHECKING:
    from nia_optuna.search.run import Machine, Place
    from nia_optuna.study import Study

MOST_WORKERS = 256
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

APART = {
    "--replay": ("--tensorboard", "--finish-pruned", "--dry-run", "--extend"),
    "--extend": ("--dry-run", "--quick"),
}


class SavedError(RuntimeError):
    """The user stopped the run: says how to go on."""


class WaitingError(RuntimeError):
    """The storage was away for too long: says what waits for it, and how to go on."""


def seconds(text: str) -> float:
    """Return the seconds in "90", "45s", "30m", "2h" or "1h30m"."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        total = float(text)
    elif re.fullmatch(r"(\d+(\.\d+)?[smhd])+", text):
        total = sum(float(n) * UNITS[u] for n, u in re.findall(r"([\d.]+)([smhd])", text))
    else:
        raise typer.BadParameter(f"{text!r} is not a duration such as 90s, 30m or 2h")
    if not 0 < total < float("inf"):
        raise typer.BadParameter("a duration must be above 0, and end")
    return total


def worker_count(text: str) -> str:
    """Check that `text` is "auto" or a number of workers."""
    if text != "auto" and not (text.isascii() and text.isdecimal()):
        raise typer.BadParameter(f"{text!r} is neither auto nor a number")
    if text != "auto" and int(text) > MOST_WORKERS:
        raise typer.BadParameter(f"{text} workers are more than {MOST_WORKERS}")
    return text


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
    _check_apart({**told, "--replay": replay is not None})
    written = load(target)
    study = _named(written, name, seed, quick=quick)
    study = _with_budget(study, trials, epochs, seconds(timeout) if timeout else None)
    if not dry_run:
        _check_tensorboard(tensorboard)
    place = Place(Runs(runs_dir), data_dir or default_data_dir(), storage, tensorboard)
    if replay is not None:
        from nia_optuna.cli.replay import carry_out_replay

        asked = {"seed": seed, "epochs": epochs, "device": None if device == "auto" else device}
        given = {option for option, value in asked.items() if value is not None}
        present = _machine(device, "0", study, place.data_dir).devices[0]
        carry_out_replay(study, place, present, replay, given=given, as_json=json)
        return
    machine = (
        _machine(device, workers, study, place.data_dir)
        if local
        else on_ray.machine(study, place.data_dir)
    )
    if dry_run:
        from nia_optuna.cli.plan import show_plan

        show_plan(study, place, machine, finish_pruned=finish_pruned or 0, as_json=json)
        return
    summary = _carry_out(
        study, place, machine, finish_pruned or 0, written.name if extend else None
    )
    if json:
        sys.stdout.write(jsonlib.dumps(summary, indent=2, allow_nan=False) + "\n")


def _check_apart(told: Mapping[str, object]) -> None:
    """Refuse options of which one would be passed over for the other."""
    for option, others in APART.items():
        for other in others:
            if told[option] and told[other]:
                raise typer.BadParameter(f"{option} does not go with {other}")


def _check_tensorboard(folder: Path | None) -> None:
    if folder is None:
        return
    if folder == Path():
        raise typer.BadParameter("--tensorboard needs a folder of its own")
    if find_spec("tensorboard") is None:
        raise typer.BadParameter(
            "--tensorboard needs a package: pip install 'nia-optuna[tensorboard]'"
        )
    if folder.is_file():
        raise typer.BadParameter(f"--tensorboard {folder} is a file, where a folder should be")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror
    else:
        why = "" if os.access(folder, os.W_OK) else "it cannot be written to"
    if why:
        raise typer.BadParameter(f"--tensorboard {folder} is no folder to write to: {why}")


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


def _machine(device: str, workers: str, study: Study, data_dir: Path) -> Machine:
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


def _carry_out(
    study: Study, place: Place, machine: Machine, finish_pruned: int, extend: str | None
) -> dict[str, Any]:
    """Run the study under a progress display; return its summary, after saying it in words."""
    import optuna
    from rich.console import Console

    from nia_optuna.cli.data import progress as fetching
    from nia_optuna.cli.line import line_to_record, line_to_type
    from nia_optuna.cli.live import live
    from nia_optuna.cli.plain import plain
    from nia_optuna.cli.result import report_line, say_result
    from nia_optuna.data import open_data
    from nia_optuna.findings.read import read
    from nia_optuna.findings.summary import summary as summary_of
    from nia_optuna.search.interrupt import Interrupted
    from nia_optuna.search.patience import OutageError
    from nia_optuna.search.run import run as run_study

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    console = Console(stderr=True)
    with redirect_stdout(sys.stderr), fetching() as say:
        open_data(study.dataset, place.data_dir, say)
    shown = live(console) if console.is_terminal else plain(sys.stderr)
    try:
        # What a study file prints must not get between the user and the JSON document.
        with redirect_stdout(sys.stderr), shown as watch:
            stored = run_study(
                study,
                place,
                machine,
                watch,
                finish_pruned=finish_pruned,
                command=line_to_record(sys.argv),
                extend=extend,
            )
    except Interrupted:
        raise SavedError(f"saved; continue with: {line_to_type(sys.argv)}") from None
    except OutageError as error:
        kept = f"what had ended is kept in {place.runs.outbox}"
        line = line_to_type(sys.argv)
        raise WaitingError(f"{error}: {kept}; continue with: {line}") from error
    summary = summary_of(read(stored))
    say_result(console, summary, report_line(summary["study"], place))
    return summary
