"""The network of Inception modules is what its value says."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import max_pool2d

from nia_optuna.architectures import Inception
from nia_optuna.architectures.activation import ACTIVATIONS
from nia_optuna.architectures.dropout import ByteDropout
from nia_optuna.architectures.inception_module import InceptionModule


def convolutions(module: nn.Module) -> list[nn.Conv2d]:
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_its_parameters_can_be_counted_by_hand() -> None:
    model = Inception().build((1, 28, 28), 10)
    first, second = (m for m in model if isinstance(m, InceptionModule))
    # In order 1x1; 1x1, 3x3; 1x1, 5x5; 1x1 behind the maximum. From one channel:
    # 32+32; 32+32, 32*32*9+32; 32+32, 32*32*25+32; 16+16.
    assert [parameters(c) for c in convolutions(first)] == [64, 64, 9_248, 64, 25_632, 32]
    # From 32+32+32+16 = 112 channels:
    # 112*32+32; 112*64+64, 64*64*9+64; 112*64+64, 64*64*25+64; 112*16+16.
    assert [parameters(c) for c in convolutions(second)] == [
        3_616,
        7_232,
        36_928,
        7_232,
        102_464,
        1_808,
    ]
    # From 32+64+64+16 = 176 channels: 176*10+10.
    assert parameters(model[-1]) == 1_770
    assert parameters(model) == 196_154


def test_its_layers_come_in_the_promised_order() -> None:
    model = Inception(dropout=0.5).build((3, 32, 32), 10)
    module = [InceptionModule, nn.MaxPool2d, nn.ReLU]
    end = [nn.AdaptiveAvgPool2d, nn.Flatten, ByteDropout, nn.Linear]
    assert [type(layer) for layer in model] == [*module * 2, *end]


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_a_module_is_its_four_activated_branches_and_a_maximum(name: str) -> None:
    # Written out as in the paper; the network may take the maximum first where that is exact.
    model = Inception(modules=((2, 3, 4, 5, 6, 7),), activation=name).build((3, 8, 8), 2)
    x = 3 * torch.randn(4, 3, 8, 8)
    (act,) = (m for m in model[1:3] if not isinstance(m, nn.MaxPool2d))
    single, before_3, by_3, before_5, by_5, pooled = convolutions(model)
    expected = torch.cat(
        [
            act(single(x)),
            act(by_3(act(before_3(x)))),
            act(by_5(act(before_5(x)))),
            act(pooled(max_pool2d(x, 3, stride=1, padding=1))),
        ],
        dim=1,
    )
    assert expected.shape == (4, 2 + 4 + 6 + 7, 8, 8)
    torch.testing.assert_close(model[:3](x), max_pool2d(expected, 2))


def test_batch_norm_follows_every_convolution_and_takes_its_bias() -> None:
    plain, normed = (
        Inception(batch_norm=batch_norm).build((1, 28, 28), 10) for batch_norm in (False, True)
    )
    norms = [m for m in normed.modules() if isinstance(m, nn.BatchNorm2d)]
    widths = [c.out_channels for c in convolutions(normed)]
    assert [m.num_features for m in norms] == widths
    assert all(c.bias is None for c in convolutions(normed))
    assert parameters(normed) == parameters(plain) + sum(widths)  # two numbers, less the bias


def test_a_picture_too_small_for_its_modules_is_refused_in_one_line() -> None:
    with pytest.raises(
        ValueError, match=r"^Inception of 2 blocks needs pictures of at least 4x4, not 4x3: use"
    ):
        Inception().build((1, 4, 3), 10)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"modules": 6}, "modules=6 must be a tuple of tuples"),
        ({"modules": (1, 2, 3, 4, 5, 6)}, "must be a tuple of 6 whole numbers of at least 1"),
        ({"modules": ((1, 2, 3, 4, 5),)}, r"\(1, 2, 3, 4, 5\) must be a tuple of 6 whole"),
        ({"modules": ((1, 2, 3, 4, 5, 0),)}, r"\(1, 2, 3, 4, 5, 0\) must be a tuple of 6 whole"),
        ({"batch_norm": 0}, "batch_norm=0 must be True or False"),
        ({"dropout": 2}, r"dropout=2 must be a number in \[0, 1\)"),
        ({"activation": "rellu"}, "activation 'rellu' is unknown"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Inception(**settings)
