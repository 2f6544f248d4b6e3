"""What a training minimises, and the other figures that are kept beside it.

For classes every loss is one of softmax's probabilities p and the true class y:
cross-entropy -ln p_y; squared and absolute, summed over the classes against 1 for y and 0 for
the others; hinge 1 - p_y + the largest other p, the margin loss of Crammer and Singer (2001) on
probabilities, which for two classes is the hinge of the score 2 (p - 1/2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

import torch
from torch import Tensor
from torch.nn import functional

from nia_optuna.metric import LOSSES, Loss, Task

MEASURES: dict[Task, tuple[str, ...]] = {
    "classification": ("loss", "accuracy"),
    "regression": ("loss", "mse", "mae"),
}

Criterion = Callable[[Tensor, Tensor], Tensor]
"""(scores, targets) → the mean loss of a batch, one number; of K batches, K numbers."""

Slope = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""(scores, targets) → what a Criterion returns, and the gradient of its sum in the scores."""


def criterion(name: Loss, task: Task) -> Criterion:
    """Return the mean loss of that name: scores (n, classes) or (n, 1), targets (n,) → ().

    With a dimension before these, that of several networks, each has its own mean: → (networks,).
    """
    if task == "regression":
        return _squared_error if name == "squared" else _absolute_error
    match name:
        case "cross_entropy":
            return _cross_entropy
        case "squared":
            return _squared
        case "absolute":
            return _absolute
        case "hinge":
            return _hinge
    assert_never(name)


def slope(name: Loss, task: Task) -> Slope:
    """Return the mean loss of that name with the gradient of its scores; of K batches, of each."""
    return _cross_entropy_slope if name == "cross_entropy" else _recorded(criterion(name, task))


def measures(loss: Tensor, scores: Tensor, targets: Tensor, task: Task) -> Tensor:
    """Return the sums over a batch of what MEASURES names, float32, on the batch's device.

    `loss` is the batch's mean loss, which the caller has already. Of K batches → (K, measures).
    """
    total = loss * targets.shape[-1]
    if task == "classification":
        right = (scores.argmax(-1) == targets).sum(-1, dtype=total.dtype)
        return torch.stack((total, right), -1)
    error = scores.squeeze(-1) - targets
    return torch.stack((total, error.square().sum(-1), error.abs().sum(-1)), -1)


def loss_table(scores: Tensor, targets: Tensor, task: Task) -> dict[str, float]:
    """Return the mean of every loss of the task; for classes "0-1", the wrong answers, too."""
    table: dict[str, float] = {}
    if task == "classification":
        table["0-1"] = (scores.argmax(1) != targets).float().mean().item()
    for name in LOSSES[task]:
        table[name.replace("_", "-")] = criterion(name, task)(scores, targets).item()
    return table


def _cross_entropy(scores: Tensor, targets: Tensor) -> Tensor:
    if targets.ndim == 1:
        return functional.cross_entropy(scores, targets)
    each = functional.cross_entropy(scores.flatten(0, 1), targets.flatten(), reduction="none")
    return each.view(targets.shape).mean(-1)


def _cross_entropy_slope(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    true, count = targets.unsqueeze(-1), targets.shape[-1]
    logarithms = scores.log_softmax(-1)
    loss = logarithms.gather(-1, true).squeeze(-1).mean(-1).neg_()
    grad = logarithms.exp_()
    grad.scatter_add_(-1, true, grad.new_full(true.shape, -1.0))
    return loss, grad.div_(count)


def _recorded(judge: Criterion) -> Slope:
    def slope(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            answers = scores.detach().requires_grad_()
            loss = judge(answers, targets)
            (grad,) = torch.autograd.grad(loss.sum(), answers)
        return loss.detach(), grad

    return slope


def _squared(scores: Tensor, targets: Tensor) -> Tensor:
    p, true = _probabilities(scores, targets)
    return (p.square().sum(-1) - 2 * true + 1).mean(-1)


def _absolute(scores: Tensor, targets: Tensor) -> Tensor:
    # The probabilities add up to 1, so the others lack exactly what the true one lacks.
    return 2 * (1 - _probabilities(scores, targets)[1]).mean(-1)


def _hinge(scores: Tensor, targets: Tensor) -> Tensor:
    p, true = _probabilities(scores, targets)
    others = p.scatter(-1, targets[..., None], -1.0)
    return (1 - true + others.amax(-1)).mean(-1)


def _probabilities(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    p = scores.softmax(-1)
    return p, p.gather(-1, targets[..., None]).squeeze(-1)


def _squared_error(scores: Tensor, targets: Tensor) -> Tensor:
    return functional.mse_loss(scores.squeeze(-1), targets, reduction="none").mean(-1)


def _absolute_error(scores: Tensor, targets: Tensor) -> Tensor:
    return functional.l1_loss(scores.squeeze(-1), targets, reduction="none").mean(-1)
