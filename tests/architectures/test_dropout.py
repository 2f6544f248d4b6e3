"""Dropout from random bytes is dropout."""

import pytest
import torch

from nia_optuna.architectures.dropout import ByteDropout


@pytest.mark.parametrize("p", [0.001, 0.1, 0.5, 0.999])
def test_it_drops_the_share_it_says_and_keeps_the_mean(p: float) -> None:
    torch.manual_seed(0)
    layer = ByteDropout(p)
    share = layer.dropped / 256
    dropped = layer(torch.ones(1_000_000))
    assert abs(share - p) <= 1 / 256
    assert float((dropped == 0).float().mean()) == pytest.approx(share, abs=0.003)
    assert float(dropped.mean()) == pytest.approx(1, abs=0.05)


def test_the_gradient_passes_where_the_value_does() -> None:
    x = torch.rand(4, 3, 5, 5, requires_grad=True)
    dropped = ByteDropout(0.5)(x)
    (gradient,) = torch.autograd.grad(dropped.sum(), x)
    assert torch.equal(gradient == 0, dropped == 0)
    torch.testing.assert_close(gradient[gradient > 0], torch.full_like(gradient, 2)[gradient > 0])


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_memory_format_stays(layout: torch.memory_format) -> None:
    x = torch.rand(4, 3, 5, 5).contiguous(memory_format=layout)
    assert ByteDropout(0.5)(x).is_contiguous(memory_format=layout)


def test_a_tensor_of_any_strides_may_be_dropped_from() -> None:
    x = torch.ones(8, 6).t()[::2]
    assert ByteDropout(0.5)(x).shape == x.shape


def test_evaluation_changes_nothing() -> None:
    x = torch.rand(10)
    assert ByteDropout(0.9).eval()(x) is x
