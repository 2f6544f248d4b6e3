"""A network and its examples on a device: placement, precision, memory format."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from nia_optuna.data import Part, Splits, View
from nia_optuna.training.device import Device

WHITE = 255


@dataclass(frozen=True)
class Resident:
    """The examples of a view on a device, pictures as bytes; floats are made batch by batch.

    `rows` numbers the view's examples within `inputs` (uint8 or float32) and `targets` (int64 or
    float32); `shards` (int64) says which piece of the training data each of `inputs` lies in.
    """

    inputs: Tensor
    targets: Tensor
    rows: Tensor
    scale: Tensor
    shift: Tensor
    layout: torch.memory_format
    shards: Tensor | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def order(self) -> Tensor:
        """Return the rows in a random order; shards, where there are any, one after the other.

        Draws come from torch's global generator.
        """
        order = self.rows[torch.randperm(len(self.rows), device=self.rows.device)]
        if self.shards is None:
            return order
        return order[torch.argsort(self.shards[order], stable=True)]

    def batch(
        self, rows: Tensor, augment: Callable[[Tensor], Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return float32 inputs (n, channels, height, width) or (n, features), and targets (n,)."""
        taken = self.inputs.index_select(0, rows)
        if augment is not None:
            taken = augment(taken)
        # Normalised before the memory format changes: with the channels last, which are one or
        # three, the same two passes take ten times as long.
        normalised = taken.float().mul_(self.scale).add_(self.shift)
        return normalised.contiguous(memory_format=self.layout), self.targets.index_select(0, rows)


def resident(view: View, splits: Splits, device: Device, layout: torch.memory_format) -> Resident:
    """Return the view's examples on the device, where all views of a part share its memory."""
    inputs, targets, shards = on_device(view.part, device.name)
    rows = torch.tensor(view.index, dtype=torch.int64, device=device.name)
    scale, shift = normalisation(splits, inputs)
    return Resident(inputs, targets, rows, scale, shift, layout, shards)


def normalisation(splits: Splits, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return what `inputs` are multiplied by and what is added then, on their device."""
    std = torch.tensor(splits.std, dtype=torch.float32, device=inputs.device)
    mean = torch.tensor(splits.mean, dtype=torch.float32, device=inputs.device)
    white = WHITE if inputs.dtype == torch.uint8 else 1
    every = (1, -1, *(1,) * (inputs.ndim - 2))
    return (1 / (white * std)).view(every), (-mean / std).view(every)


def place(model: nn.Module, device: Device) -> nn.Module:
    """Move the network to the device, in the memory format that is fastest there."""
    return model.to(device.name).to(memory_format=memory_format(model, device))


def memory_format(model: nn.Module, device: Device) -> torch.memory_format:
    """Return the format of the network's input: only convolutions gain from channels last."""
    convolutional = any(isinstance(module, nn.Conv2d) for module in model.modules())
    if device.channels_last and convolutional:
        return torch.channels_last
    return torch.contiguous_format


def autocast(device: Device) -> torch.autocast:
    """Return the context in which the network's forward pass runs."""
    kind = torch.device(device.name).type
    # As PyTorch asks of captures: a cast kept from before one would be missing in its graph.
    cached = kind != "cuda"
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=device.bf16, cache_enabled=cached)


def on_device(part: Part, device_name: str) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return inputs, targets and shards of a whole part on the device.

    A CPU reads the memory map that all processes share; any other device gets a copy, once for all
    trainings of this process.
    """
    return _mapped(part) if device_name == "cpu" else _copied(part, device_name)


def _mapped(part: Part) -> tuple[Tensor, Tensor, Tensor | None]:
    return (
        shared(part.inputs),
        shared(part.targets),
        None if part.shards is None else shared(part.shards),
    )


# The training part and the test part of one data set.
@lru_cache(maxsize=2)
def _copied(part: Part, device_name: str) -> tuple[Tensor, Tensor, Tensor | None]:
    inputs, targets, shards = _mapped(part)
    return (
        inputs.to(device_name),
        targets.to(device_name),
        None if shards is None else shards.to(device_name),
    )


def shared(array: object) -> Tensor:
    """Return the array as a tensor over the same memory."""
    with warnings.catch_warnings():
        # The map is read-only and nothing here writes into it.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
