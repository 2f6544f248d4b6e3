"""Weight decay pulls at weights and at nothing else."""

import pytest
import torch

from nia_optuna.architectures import MLP
from nia_optuna.optimizer import SGD, AdamW
from nia_optuna.training.optimization import optimizer_for


@pytest.mark.parametrize("chosen", [SGD(lr=1.0, l2=0.5), AdamW(lr=1.0, l2=0.5)], ids=repr)
def test_weight_decay_leaves_biases_and_norms_alone(chosen: SGD | AdamW) -> None:
    model = MLP(widths=(4,), batch_norm=True, activation="prelu").build((1, 2, 2), 3)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimizer_for(chosen, model, "cpu").step()

    for name, p in model.named_parameters():
        shrunk = 0.5 if p.ndim > 1 else 1.0
        torch.testing.assert_close(p.detach(), before[name] * shrunk)


def test_frozen_parameters_are_left_out() -> None:
    model = MLP(widths=(4,)).build((1, 2, 2), 3)
    for p in model.parameters():
        p.requires_grad_(p.ndim > 1)
    (group,) = optimizer_for(SGD(lr=1.0), model, "cpu").param_groups
    assert [p.ndim for p in group["params"]] == [2, 2]
