"""How well a network does on examples it does not learn from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nia_optuna.data import Splits, View
from nia_optuna.metric import LOSSES, Loss, Task
from nia_optuna.training.device import Device
from nia_optuna.training.losses import MEASURES, criterion, loss_table, measures
from nia_optuna.training.placement import Resident, autocast, memory_format, place, resident

# Large enough to hide the cost of a call, small enough for a CPU's cache and a shared GPU.
BATCH = {"cpu": 250, "mps": 1000, "cuda": 2000}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """`measures` by name, the mean of every loss in `losses`, and what the network answered.

    `outputs` (n, classes) are probabilities, or (n,) the numbers found; float32, on the CPU.
    """

    measures: dict[str, float]
    losses: dict[str, float]
    outputs: Tensor


def evaluate(
    model: nn.Module, view: View, splits: Splits, device: Device, *, loss: Loss | None = None
) -> Evaluation:
    """Return how `model` does on the examples of `view`, with its weights as they are.

    `loss` is what its measures call so; absent, the task's usual one. The model is moved to the
    device. Raises ValueError for a view without examples.
    """
    if not len(view.index):
        raise ValueError("there is nothing to evaluate on")
    place(model, device)
    data = resident(view, splits, device, memory_format(model, device))
    scores, targets = answers(model, data, device)
    task = splits.task
    loss = loss or LOSSES[task][0]
    sums = measures(criterion(loss, task)(scores, targets), scores, targets, task)
    return Evaluation(
        measures=dict(zip(MEASURES[task], (sums / len(data)).tolist(), strict=True)),
        losses=loss_table(scores, targets, task),
        outputs=(scores.squeeze(1) if task == "regression" else scores.softmax(1)).cpu(),
    )


@torch.inference_mode()
def answers(model: nn.Module, data: Resident, device: Device) -> tuple[Tensor, Tensor]:
    """Return the scores float32 (n, outputs) and the targets (n,) of all examples."""
    model.eval()
    scores, targets = [], []
    for rows in torch.split(data.rows, BATCH[torch.device(device.name).type]):
        inputs, true = data.batch(rows)
        with autocast(device):
            scores.append(model(inputs).float())
        targets.append(true)
    return torch.cat(scores), torch.cat(targets)


@torch.inference_mode()
def tally(model: nn.Module, data: Resident, *, loss: Loss, task: Task, device: Device) -> Tensor:
    """Return the sums of the measures over all examples, on the device: nothing waits for it.

    The model is left in evaluation mode.
    """
    model.eval()
    judge = criterion(loss, task)
    sums = torch.zeros(len(MEASURES[task]), device=device.name)
    for rows in torch.split(data.rows, BATCH[torch.device(device.name).type]):
        inputs, targets = data.batch(rows)
        with autocast(device):
            scores = model(inputs).float()
        sums += measures(judge(scores, targets), scores, targets, task)
    return sums
