"""PyTorch's optimizer for the one a recipe names."""

from __future__ import annotations

from typing import Any, assert_never

from torch import nn, optim

from nia_optuna.optimizer import SGD, Adam, AdamW, Optimizer, RMSprop

FUSED = ("cpu", "cuda")  # where all three of PyTorch's fused optimizers exist


def optimizer_for(chosen: Optimizer, model: nn.Module, device_name: str) -> optim.Optimizer:
    """Return the optimizer over the parameters of `model`, which lie on the device.

    Weight decay acts on weights (two dimensions or more), not on biases and normalisation.
    """
    groups = _groups(model, chosen.l2)
    fused = device_name.partition(":")[0] in FUSED
    match chosen:
        case SGD():
            return optim.SGD(
                groups,
                lr=chosen.lr,
                momentum=chosen.momentum,
                nesterov=chosen.nesterov,
                fused=fused,
            )
        case Adam():
            return optim.Adam(groups, lr=chosen.lr, betas=chosen.betas, fused=fused)
        case AdamW():
            return optim.AdamW(groups, lr=chosen.lr, betas=chosen.betas, fused=fused)
        case RMSprop():
            return optim.RMSprop(
                groups, lr=chosen.lr, alpha=chosen.smoothing, momentum=chosen.momentum
            )
    assert_never(chosen)


def set_learning_rate(optimizer: optim.Optimizer, rate: float) -> None:
    """Let the next steps of the optimizer use `rate`."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def _groups(model: nn.Module, l2: float) -> list[dict[str, Any]]:
    learned = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in learned if p.ndim > 1], "weight_decay": l2},
        {"params": [p for p in learned if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
