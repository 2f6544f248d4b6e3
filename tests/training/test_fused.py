"""Fused updates are those of torch.optim."""

import pytest
import torch
from torch import Tensor

from nia_optuna.architectures import MLP
from nia_optuna.optimizer import SGD, Adam, AdamW, Optimizer
from nia_optuna.training.fused import Fused
from nia_optuna.training.optimization import optimizer_for, set_learning_rate

OPTIMIZERS: list[Optimizer] = [
    SGD(0.1),
    SGD(0.1, momentum=0.9, l2=0.01),
    SGD(0.1, momentum=0.9, nesterov=True),
    Adam(0.01),
    Adam(0.01, betas=(0.8, 0.9), l2=0.1),
    AdamW(0.01, l2=0.1),
]


def moved(chosen: Optimizer, *, ours: bool) -> list[Tensor]:
    """Return the parameters after five steps along drawn gradients, at two rates."""
    torch.manual_seed(0)
    model = MLP((5,), batch_norm=True).build((4,), 3)
    # PyTorch's own is asked for with a rate that can be captured, and then gets a plain one.
    made = optimizer_for(chosen, model, "cpu", captured=not ours)
    assert isinstance(made, Fused) == ours
    if not ours:
        for group in made.param_groups:
            group |= {"fused": True, "lr": chosen.lr}
    for step in range(5):
        set_learning_rate(made, chosen.lr if step < 3 else chosen.lr / 2)
        # One takes part in no step, and one not in the first, which torch's SGD does not survive.
        begins = {0: 5, 1: 0 if isinstance(chosen, SGD) else 1}
        for place, parameter in enumerate(model.parameters()):
            if step >= begins.get(place, 0):
                parameter.grad = torch.randn_like(parameter)
        made.step()
        made.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())
    return [parameter.detach() for parameter in model.parameters()]


@pytest.mark.parametrize("chosen", OPTIMIZERS, ids=repr)
def test_they_move_what_took_part_as_torch_does_to_the_last_bit(chosen: Optimizer) -> None:
    for mine, theirs in zip(moved(chosen, ours=True), moved(chosen, ours=False), strict=True):
        assert torch.equal(mine, theirs)
