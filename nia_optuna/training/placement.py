"""A network and its pictures on a device: placement, precision, memory format."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nia_optuna.data import Splits, View
from nia_optuna.training.device import Device

WHITE = 255


@dataclass(frozen=True)
class Resident:
    """The pictures of a view on a device, as bytes; floats are made batch by batch.

    `rows` numbers the view's pictures within `pictures` (uint8) and `labels` (int64).
    """

    pictures: Tensor
    labels: Tensor
    rows: Tensor
    scale: Tensor
    shift: Tensor
    layout: torch.memory_format

    def __len__(self) -> int:
        return len(self.rows)

    def batch(
        self, rows: Tensor, augment: Callable[[Tensor], Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return normalised float32 pictures (n, channels, height, width) and labels (n,)."""
        taken = self.pictures.index_select(0, rows)
        if augment is not None:
            taken = augment(taken)
        # Normalised before the memory format changes: with the channels last, which are one or
        # three, the same two passes take ten times as long.
        normalised = taken.float().mul_(self.scale).add_(self.shift)
        return normalised.contiguous(memory_format=self.layout), self.labels.index_select(0, rows)


def resident(view: View, splits: Splits, device: Device, layout: torch.memory_format) -> Resident:
    """Return the view's pictures on the device.

    A CPU reads the memory map that all processes share; any other device gets a copy.
    """
    pictures, labels = _shared(view.part.pictures), _shared(view.part.labels)
    rows = torch.tensor(view.index, dtype=torch.int64)
    if device.name != "cpu":
        pictures, labels = pictures[rows].to(device.name), labels[rows].to(device.name)
        rows = torch.arange(len(rows), device=device.name)
    std = torch.tensor(splits.std, device=device.name)
    mean = torch.tensor(splits.mean, device=device.name)
    scale, shift = 1 / (WHITE * std), -mean / std
    return Resident(
        pictures, labels, rows, scale.view(1, -1, 1, 1), shift.view(1, -1, 1, 1), layout
    )


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
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=device.bf16)


def _shared(array: object) -> Tensor:
    with warnings.catch_warnings():
        # The map is read-only and nothing here writes into it.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
