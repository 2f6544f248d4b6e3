"""What a network that was kept answers: built again from its checkpoint, asked on a CPU."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from torch import nn

from nia_optuna.architectures.plain import from_plain
from nia_optuna.data import Part, Splits, View
from nia_optuna.recipe import Architecture
from nia_optuna.training.checkpoints import CheckpointError, load
from nia_optuna.training.device import Device
from nia_optuna.training.evaluation import answers
from nia_optuna.training.placement import memory_format, place, resident

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Description:
    """What a checkpoint says of its network: `architecture` is None for a user's own class.

    `recipe` is the repr of what was trained; `mean` and `std` as in Splits.
    """

    architecture: Architecture | None
    recipe: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class Inputs:
    """What a network was trained on, which decides what it may be shown.

    `shape` is (channels, height, width) or (features,); `classes` counts them, 0 where a number
    is to be found; `mean` and `std` as in Splits.
    """

    shape: tuple[int, ...]
    classes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


def describe(path: Path) -> Description:
    """Return what the checkpoint says of its network; nothing in it is executed.

    Raises CheckpointError where it is missing, broken, or says nothing.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}") from error
    except (OSError, SafetensorError) as error:
        line = " ".join(str(error).split())
        raise CheckpointError(f"{path} is not a readable checkpoint: {line}") from error
    if not {"model", "recipe", "mean", "std"} <= metadata.keys():
        raise CheckpointError(
            f"{path} does not say what network it is of: an older version wrote it; "
            "run its study again"
        )
    try:
        written = json.loads(metadata["model"])
        return Description(
            architecture=None if written is None else from_plain(written),
            recipe=metadata["recipe"],
            mean=_numbers(metadata["mean"]),
            std=_numbers(metadata["std"]),
        )
    except (ValueError, TypeError, RecursionError) as error:
        line = " ".join(str(error).split())
        raise CheckpointError(f"{path} describes no network: {line}") from error


def restore(path: Path, architecture: Architecture, inputs: Inputs) -> nn.Module:
    """Return the network with the weights at `path`.

    Raises CheckpointError where it cannot be built, or the weights are of another one.
    """
    if not len(inputs.mean) == len(inputs.std) == inputs.shape[0]:
        raise CheckpointError(
            f"{path} normalises {len(inputs.mean)} channels or features, not {inputs.shape[0]}"
        )
    try:
        model = architecture.build(inputs.shape, inputs.classes or 1)
    except Exception as error:  # a user's network may raise anything
        line = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise CheckpointError(f"the network of {path} cannot be built: {line}") from error
    load(path, model)
    return model


def predict(model: nn.Module, examples: NDArray[Any], inputs: Inputs) -> NDArray[np.float32]:
    """Return probabilities (n, classes), or numbers (n,), for `examples` as they lie in a Part.

    They are normalised as in training. Raises CheckpointError where an answer is no number.
    """
    part = Part(examples, np.zeros(len(examples), np.int64))
    view = View(part, np.arange(len(examples)))
    splits = Splits(view, view, view, inputs.mean, inputs.std, inputs.shape, inputs.classes)
    device = Device("cpu")
    place(model, device)
    shown = resident(view, splits, device, memory_format(model, device))
    scores, _ = answers(model, shown, device)
    outputs: NDArray[np.float32] = (
        scores.softmax(1) if inputs.classes else scores.squeeze(1)
    ).numpy()
    if not np.isfinite(outputs).all():
        raise CheckpointError("the network answers what is no number: its weights are damaged")
    return outputs


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(map(float, json.loads(text)))
