"""Halving by averages is PyTorch's average pooling."""

import pytest
import torch
from torch import nn

from nia_optuna.architectures.pooling import HalvingAverage


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("sides", [(6, 8), (7, 9), (6, 5)])
def test_values_and_gradients_are_those_of_average_pooling(
    dtype: torch.dtype, layout: torch.memory_format, sides: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    whole = torch.randn(3, 5, *sides, dtype=dtype).contiguous(memory_format=layout)
    ours, theirs = (whole.clone().requires_grad_() for _ in range(2))
    halved, expected = HalvingAverage()(ours), nn.AvgPool2d(2)(theirs)
    assert torch.equal(halved, expected)
    weights = torch.randn_like(expected)
    torch.autograd.backward(halved, weights)
    torch.autograd.backward(expected, weights)
    assert ours.grad is not None
    assert theirs.grad is not None
    assert torch.equal(ours.grad, theirs.grad)
