"""The residual network is what its value says."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import max_pool2d

from nia_optuna.architectures import ResNet
from nia_optuna.architectures.activation import ACTIVATIONS
from nia_optuna.architectures.dropout import ByteDropout
from nia_optuna.architectures.residual import Residual


def convolutions(module: nn.Module) -> list[nn.Conv2d]:
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_its_parameters_can_be_counted_by_hand() -> None:
    # The first block has 3x3 convolutions from 1 and from 64 channels, 64*9+64 and 64*64*9+64, and
    # a 1x1 of the input, 64+64; the others have two from 64 channels; then 64*10+10.
    model = ResNet().build((1, 28, 28), 10)
    blocks = [m for m in model if isinstance(m, Residual)]
    assert [[parameters(c) for c in convolutions(block)] for block in blocks] == [
        [640, 36_928, 128],
        [36_928, 36_928],
        [36_928, 36_928],
    ]
    assert parameters(model[-1]) == 650
    assert parameters(model) == 186_058


def test_its_layers_come_in_the_promised_order() -> None:
    model = ResNet(dropout=0.5).build((3, 32, 32), 10)
    block = [Residual, nn.MaxPool2d, nn.ReLU]
    end = [nn.AdaptiveAvgPool2d, nn.Flatten, ByteDropout, nn.Linear]
    assert [type(layer) for layer in model] == [*block * 3, *end]


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_a_block_is_the_activated_sum_and_a_maximum(name: str) -> None:
    # Written out as in the paper; the network may take the maximum first where that is exact.
    model = ResNet(widths=(4,), activation=name).build((3, 8, 8), 2)
    x = 3 * torch.randn(5, 3, 8, 8)
    (act,) = (m for m in model[1:3] if not isinstance(m, nn.MaxPool2d))
    first, second, projection = convolutions(model)
    expected = max_pool2d(act(second(act(first(x))) + projection(x)), 2)
    torch.testing.assert_close(model[:3](x), expected)


def test_an_input_of_the_same_channels_is_carried_as_it_is() -> None:
    block = Residual(4, 4, name="relu", batch_norm=False)
    for p in block.parameters():
        nn.init.zeros_(p)
    x = torch.randn(2, 4, 6, 6)
    assert torch.equal(block(x), x)


def test_batch_norm_follows_every_convolution_and_takes_its_bias() -> None:
    plain, normed = (
        ResNet(widths=(8, 16), batch_norm=batch_norm).build((1, 28, 28), 10)
        for batch_norm in (False, True)
    )
    norms = [m for m in normed.modules() if isinstance(m, nn.BatchNorm2d)]
    widths = [c.out_channels for c in convolutions(normed)]
    assert [m.num_features for m in norms] == widths == [8, 8, 8, 16, 16, 16]
    assert all(c.bias is None for c in convolutions(normed))
    assert parameters(normed) == parameters(plain) + sum(widths)  # two numbers, less the bias


def test_a_picture_too_small_for_its_blocks_is_refused_in_one_line() -> None:
    with pytest.raises(
        ValueError, match=r"^ResNet of 3 blocks needs pictures of at least 8x8, not 7x8: use fewer"
    ):
        ResNet().build((1, 7, 8), 10)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"widths": [64]}, r"widths=\[64\] must be a tuple of whole numbers"),
        ({"batch_norm": "yes"}, "batch_norm='yes' must be True or False"),
        ({"dropout": "0.5"}, "dropout='0.5' must be a number"),
        ({"activation": "rellu"}, "activation 'rellu' is unknown"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ResNet(**settings)
