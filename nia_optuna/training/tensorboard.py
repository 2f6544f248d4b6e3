"""Trainings as TensorBoard shows them: scalars a step and an epoch, histograms, hyperparameters."""

from __future__ import annotations

import contextlib
import time
import weakref
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from nia_optuna.metric import Metric, Task, better
from nia_optuna.recipe import Recipe
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.losses import MEASURES

Plain = bool | int | float | str


class TensorBoard:
    """A Recorder that leaves one event file a training, whole up to its last full epoch.

    The scalars are step/<measure>, epoch/train/<measure>, epoch/validation/<measure>,
    epoch/learning_rate and best/<measure>, the best of validation so far; the histograms, one an
    epoch, parameters/<name> and gradients/<name>, those of the epoch's last step. The file ends
    with this object's life, as nobody says which epoch is the last of a training given up.
    """

    def __init__(self, folder: Path, recipe: Recipe, *, seed: int, task: Task) -> None:
        """Begin a training's file in `folder`, or below it where that is another seed's.

        What an interrupted attempt at the same training left there is deleted: it had the same
        steps, which would be drawn twice. Raises OSError.
        """
        # Repeats of a trial are given the folder of its first training, which has its seed's name.
        own = folder.name.endswith(f"-{seed}")
        self._folder = folder if own else folder / f"repeat-{seed}"
        for earlier in self._folder.glob("events.out.tfevents.*"):
            earlier.unlink(missing_ok=True)
        self._measures = MEASURES[task]
        self._steps: list[tuple[int, float, Tensor]] = []
        self._best: dict[str, float] = {}
        self._writer = SummaryWriter(str(self._folder))
        end = self._write_hyperparameters(recipe, seed)
        # Each writer has a thread, and trainers live as long as a study.
        weakref.finalize(self, _close, self._writer, end)

    def step(self, number: int, measures: Tensor, examples: int) -> None:
        """Keep the means of a step, on its device: reading them now would make a GPU wait."""
        self._steps.append((number, time.time(), measures.detach() / examples))

    def epoch(self, epoch: Epoch, model: nn.Module) -> None:
        """Write the steps since the last epoch, then the epoch. Raises OSError."""
        self._write_steps()
        scalars = {"epoch/learning_rate": epoch.lr}
        for part, means in (("train", epoch.train), ("validation", epoch.validation)):
            scalars |= {f"epoch/{part}/{name}": value for name, value in means.items()}
        for name, value in epoch.validation.items():
            if name not in self._best or better(cast("Metric", name), value, self._best[name]):
                self._best[name] = value
        scalars |= {f"best/{name}": value for name, value in self._best.items()}
        for tag, value in scalars.items():
            self._writer.add_scalar(tag, value, epoch.number)
        for name, parameter in model.named_parameters():
            self._write_histogram(f"parameters/{name}", parameter, epoch.number)
            self._write_histogram(f"gradients/{name}", parameter.grad, epoch.number)
        self._writer.flush()

    def _write_steps(self) -> None:
        if not self._steps:
            return
        rows = torch.stack([means for _, _, means in self._steps]).tolist()
        for (number, when, _), row in zip(self._steps, rows, strict=True):
            for name, value in zip(self._measures, row, strict=True):
                self._writer.add_scalar(f"step/{name}", value, number, walltime=when)
        self._steps.clear()

    def _write_histogram(self, tag: str, values: Tensor | None, epoch: int) -> None:
        """Write how the values are distributed; there is none of what is empty or not finite."""
        if values is None:
            return
        flat = values.detach().float().to_dense().flatten()
        finite = flat[flat.isfinite()].cpu()
        if len(finite):
            self._writer.add_histogram(tag, finite, epoch)

    def _write_hyperparameters(self, recipe: Recipe, seed: int) -> object:
        """Write the recipe as text and as columns of the HParams page; return what ends those."""
        text = "\n".join(f"    {line}" for line in [*repr(recipe).splitlines(), f"seed={seed}"])
        self._writer.add_text("recipe", text)
        # SummaryWriter.add_hparams would make a run of its own, apart from the curves.
        best = {f"best/{name}": 0.0 for name in self._measures}
        values = hyperparameters(recipe) | {"seed": seed}
        columns, begin, end = hparams(values, best)  # type: ignore[no-untyped-call]
        for summary in (columns, begin):
            _add(self._writer, summary)
        return cast("object", end)


def hyperparameters(recipe: Recipe) -> dict[str, Plain]:
    """Return the recipe flat: model, model.widths, optimizer, optimizer.lr, ….

    What is None is left out; what is neither a number nor text stands as its repr.
    """
    flat: dict[str, object] = {"batch_size": recipe.batch_size, "epochs": recipe.epochs}
    for part in ("model", "optimizer", "decay"):
        value = getattr(recipe, part)
        flat[part] = type(value).__name__
        if is_dataclass(value):
            names = [field.name for field in fields(value)]
            flat |= {f"{part}.{name}": getattr(value, name, None) for name in names}
    return {
        name: value if isinstance(value, bool | int | float | str) else repr(value)
        for name, value in flat.items()
        if value is not None
    }


def _add(writer: SummaryWriter, summary: object) -> None:
    file: Any = writer.file_writer  # torch leaves it without a type
    file.add_summary(summary)


def _close(writer: SummaryWriter, end: object) -> None:
    # Nobody is left to hear of a full disk, and the epochs before it are written.
    with contextlib.suppress(OSError):
        _add(writer, end)
        writer.close()
