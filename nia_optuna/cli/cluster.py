"""`nia-optuna run --executor ray`: what may be asked of a cluster, and what there is of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from nia_optuna.search.run import Machine
    from nia_optuna.study import Study

LOCAL = "local"
EXECUTOR = re.compile(rf"{LOCAL}|ray|ray://[^\s/@]+")
MOST_GPUS = 8
DEVICES = ("auto", "cpu", "cuda")


def executor_name(text: str) -> str:
    """Check that `text` is "local", "ray" or "ray://HOST:PORT", and that Ray is there for it."""
    if not EXECUTOR.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is none of local, ray and ray://HOST:PORT")
    if text != LOCAL and find_spec("ray") is None:
        raise typer.BadParameter("ray needs a package: pip install 'nia-optuna[ray]'")
    return text


@dataclass(frozen=True)
class OnRay:
    """The options that say where on a Ray cluster to train; `share` is that of a GPU."""

    executor: str
    device: str
    workers: str
    share: float | None

    def check(self, tensorboard: Path | None) -> None:
        """Raise BadParameter where options contradict each other, or trainers on other machines."""
        if self.executor == LOCAL:
            if self.share is not None:
                raise typer.BadParameter("--gpus-per-trial is for --executor ray")
            return
        if self.workers != "auto" and not int(self.workers):
            raise typer.BadParameter("--workers 0 trains in this process, --executor ray elsewhere")
        if self.device not in DEVICES:
            raise typer.BadParameter(
                f"--device {self.device!r}: on Ray it is auto, cpu or cuda; Ray says which GPU"
            )
        if tensorboard is not None:
            raise typer.BadParameter("--tensorboard needs trainers on this machine, not on Ray's")
        if self.share is not None:
            self._check_share(self.share)

    def _check_share(self, share: float) -> None:
        if not 0 < share <= MOST_GPUS or (share > 1 and not share.is_integer()):
            raise typer.BadParameter(
                f"--gpus-per-trial {share:g} must be above 0 and at most {MOST_GPUS}, "
                "and above 1 a whole number"
            )
        if self.device == "cpu":
            raise typer.BadParameter("--gpus-per-trial asks for GPUs, and --device cpu for none")

    def machine(self, study: Study, data_dir: Path) -> Machine:
        """Connect, and lay trainers out over the cluster, each on a processor or a share of a GPU.

        Raises ExecutorError, in one line, where there is no cluster or where it could not train.
        """
        from nia_optuna.data import default_data_dir
        from nia_optuna.search.executor import ExecutorError
        from nia_optuna.search.ray_cluster import connect, look, nodes, room, threads_each
        from nia_optuna.search.ray_trainer import Wanted
        from nia_optuna.search.run import Machine

        connect(self.executor)
        offers = nodes()
        found_gpus = self.device == "auto" and any(each.gpus for each in offers)
        on_gpus = self.device == "cuda" or self.share is not None or found_gpus
        gpus = (self.share or 1.0) if on_gpus else 0.0
        free = room(offers, gpus)
        count = min(free, study.budget.trials) if self.workers == "auto" else int(self.workers)
        if not free:
            what = f"{gpus:g} of a GPU and a processor" if gpus else "a processor"
            raise ExecutorError(f"no node of the Ray cluster has {what} for a trainer")
        wanted = Wanted(
            device="cuda:0" if on_gpus else "cpu",
            threads=1 if on_gpus else threads_each(offers, count),
            # Two or three digits, as bfloat16 has them, do to choose a class, not for a number.
            float32=study.task == "regression",
            data_dir=None if data_dir == default_data_dir() else data_dir.resolve(),
            version=version("nia-optuna"),
        )
        found, cluster = look(wanted, gpus)
        return Machine(devices=(found,) * count, cluster=cluster)
