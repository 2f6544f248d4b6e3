"""How well a network does on pictures it does not learn from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from nia_optuna.data import Splits, View
from nia_optuna.training.device import Device
from nia_optuna.training.placement import Resident, autocast, memory_format, place, resident

# Large enough to hide the cost of a call, small enough for a CPU's cache and a shared GPU.
BATCH = {"cpu": 250, "mps": 1000, "cuda": 2000}


@dataclass(frozen=True)
class Evaluation:
    """Mean loss in nats, share of right answers, and `confusion[true][predicted]` in pictures."""

    loss: float
    accuracy: float
    confusion: tuple[tuple[int, ...], ...]


def evaluate(model: nn.Module, view: View, splits: Splits, device: Device) -> Evaluation:
    """Return how `model` does on the pictures of `view`, with its weights as they are.

    The model is moved to the device. Raises ValueError for a view without pictures.
    """
    if not len(view.index):
        raise ValueError("there are no pictures to evaluate on")
    place(model, device)
    data = resident(view, splits, device, memory_format(model, device))
    loss, confusion = tally(model, data, splits.classes, device)
    return Evaluation(
        loss=loss.item() / len(data),
        accuracy=confusion.diagonal().sum().item() / len(data),
        confusion=tuple(map(tuple, confusion.tolist())),
    )


@torch.inference_mode()
def tally(model: nn.Module, data: Resident, classes: int, device: Device) -> tuple[Tensor, Tensor]:
    """Return the sum of the losses and the confusion matrix (classes, classes).

    Both stay on the device: nothing here waits for it. The model is left in evaluation mode.
    """
    model.eval()
    loss = torch.zeros((), device=device.name)
    confusion = torch.zeros(classes * classes, dtype=torch.int64, device=device.name)
    for rows in torch.split(data.rows, BATCH[torch.device(device.name).type]):
        pictures, labels = data.batch(rows)
        with autocast(device):
            scores = model(pictures)
        loss += functional.cross_entropy(scores.float(), labels, reduction="sum")
        cells = labels * classes + scores.argmax(1)
        confusion.scatter_add_(0, cells, torch.ones_like(cells))
    return loss, confusion.view(classes, classes)
