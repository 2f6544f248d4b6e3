"""PyTorch's optimizer for the one a recipe names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

import torch
from torch import Tensor, nn, optim

from nia_optuna.optimizer import SGD, Adam, AdamW, Optimizer, RMSprop
from nia_optuna.training.fused import Fused

FUSED = ("cpu", "cuda")  # where all three of PyTorch's fused optimizers exist

Updating = optim.Optimizer | Fused
"""What moves parameters along their gradients."""


def optimizer_for(
    chosen: Optimizer, model: nn.Module, device_name: str, *, captured: bool = False
) -> Updating:
    """Return the optimizer over the parameters of `model`, which lie on the device.

    Weight decay acts on weights (two dimensions or more), not on biases and normalisation. Where
    its steps are to be `captured`, the learning rate is a number on the device, in float32.
    """
    learned = [p for p in model.parameters() if p.requires_grad]
    weights, others = [p for p in learned if p.ndim > 1], [p for p in learned if p.ndim <= 1]
    made = groups(chosen, weights, others)
    if captured:
        rate = torch.tensor(chosen.lr, dtype=torch.float32, device=device_name)
        made = [{**group, "lr": rate} for group in made]
    return optimizer_over(chosen, made, device_name)


def groups(
    chosen: Optimizer, weights: Sequence[Tensor], others: Sequence[Tensor]
) -> list[dict[str, Any]]:
    """Return PyTorch's parameter groups with the settings of `chosen`: only `weights` decay."""
    if not chosen.l2:
        weights, others = [*weights, *others], []
    made = [
        {"params": list(weights), "weight_decay": chosen.l2, **_settings(chosen)},
        {"params": list(others), "weight_decay": 0.0, **_settings(chosen)},
    ]
    return [group for group in made if group["params"]]


def optimizer_over(kind: Optimizer, groups: list[dict[str, Any]], device_name: str) -> Updating:
    """Return the optimizer of this kind over groups that carry their own settings."""
    device = device_name.partition(":")[0]
    captured = any(isinstance(group["lr"], Tensor) for group in groups)
    if device == "cpu" and not captured and not isinstance(kind, RMSprop):
        return Fused(kind, groups)
    fused = device in FUSED
    # PyTorch refuses to capture an optimizer that was not made for it, and one on a CPU.
    capturable = device == "cuda" and captured
    match kind:
        case SGD():
            return optim.SGD(groups, fused=fused)
        case Adam():
            return optim.Adam(groups, fused=fused, capturable=capturable)
        case AdamW():
            return optim.AdamW(groups, fused=fused, capturable=capturable)
        case RMSprop():
            # Its loop over single tensors would ask the device for the learning rate.
            return optim.RMSprop(groups, capturable=capturable, foreach=capturable or None)
    assert_never(kind)


def states(chosen: Optimizer) -> int:
    """Return how many numbers the optimizer keeps for each learned one."""
    match chosen:
        case SGD():
            return int(chosen.momentum > 0)
        case Adam() | AdamW():
            return 2
        case RMSprop():
            return 1 + int(chosen.momentum > 0)
    assert_never(chosen)


def as_state(kept: Tensor, parameter: Tensor) -> Tensor:
    """Return a copy of what an optimizer knew of a parameter, where and as it would have it.

    Fused updates go through memory in its order: a state in another format would be another state.
    """
    if kept.ndim:
        return torch.empty_like(parameter).copy_(kept)
    # PyTorch counts steps beside the weights on CUDA alone.
    return kept.to(parameter.device) if parameter.device.type == "cuda" else kept.clone()


def set_learning_rate(optimizer: Updating, rate: float) -> None:
    """Let the next steps of the optimizer use `rate`."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def _settings(chosen: Optimizer) -> dict[str, Any]:
    match chosen:
        case SGD():
            return {"lr": chosen.lr, "momentum": chosen.momentum, "nesterov": chosen.nesterov}
        case Adam() | AdamW():
            return {"lr": chosen.lr, "betas": chosen.betas}
        case RMSprop():
            return {"lr": chosen.lr, "alpha": chosen.smoothing, "momentum": chosen.momentum}
    assert_never(chosen)
