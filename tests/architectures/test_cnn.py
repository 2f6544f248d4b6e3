"""The convolutional network is what its value says."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from nia_optuna.architectures import CNN
from nia_optuna.architectures.dropout import ByteDropout

# Four blocks, one dense layer: what people build by hand for CIFAR-10.
BY_HAND = CNN(
    widths=(32, 64, 128, 256), dropout=(0.3, 0.4, 0.4, 0.4), hidden=(512,), hidden_dropout=0.5
)


def test_its_parameters_can_be_counted_by_hand() -> None:
    # Convolutions:    3*32*9+32 = 896, 32*64*9+64 = 18,496, 64*128*9+128 = 73,856 and
    #                  128*256*9+256 = 295,168; batch norms of two numbers a channel:
    #                  64, 128, 256, 512; together 389,376.
    # Four halvings leave 2x2 of 256 channels, 1,024 numbers:
    #                  1024*512+512 = 524,800, batch norm 1,024, 512*10+10 = 5,130.
    model = BY_HAND.build((3, 32, 32), 10)
    assert sum(p.numel() for p in model.parameters()) == 920_330
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_its_layers_come_in_the_promised_order() -> None:
    kinds = [type(layer) for layer in BY_HAND.build((3, 32, 32), 10)]
    block = [nn.Conv2d, nn.MaxPool2d, nn.ReLU, nn.BatchNorm2d, ByteDropout]
    dense = [nn.Linear, nn.ReLU, nn.BatchNorm1d, ByteDropout]
    assert kinds == [*block * 4, nn.Flatten, *dense, nn.Linear]


def test_batch_norm_may_come_before_the_maximum_as_in_textbooks() -> None:
    textbook = replace(BY_HAND, norm_before_pool=True)
    model = textbook.build((3, 32, 32), 10)
    block = [nn.Conv2d, nn.ReLU, nn.BatchNorm2d, nn.MaxPool2d, ByteDropout]
    dense = [nn.Linear, nn.ReLU, nn.BatchNorm1d, ByteDropout]
    assert [type(layer) for layer in model] == [*block * 4, nn.Flatten, *dense, nn.Linear]
    assert sum(p.numel() for p in model.parameters()) == 920_330  # an order has no parameters
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_without_batch_norm_its_place_changes_nothing() -> None:
    kinds = [
        [type(layer) for layer in CNN(batch_norm=False, norm_before_pool=n).build((3, 16, 16), 10)]
        for n in (False, True)
    ]
    assert kinds[0] == kinds[1]


def test_each_block_has_its_own_dropout() -> None:
    model = BY_HAND.build((3, 32, 32), 10)
    dropped = [layer.dropped for layer in model.modules() if isinstance(layer, ByteDropout)]
    assert dropped == [77, 102, 102, 102, 128]  # of 256


@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_a_kernel_keeps_the_size_of_the_picture(kernel: int) -> None:
    model = CNN(widths=(4, 4), kernel=kernel).build((1, 9, 12), 5)
    assert model(torch.zeros(2, 1, 9, 12)).shape == (2, 5)


def test_a_picture_too_small_for_its_blocks_is_refused_in_one_line() -> None:
    with pytest.raises(
        ValueError, match=r"^CNN of 4 blocks needs pictures of at least 16x16, not 8x8: use fewer"
    ):
        CNN().build((1, 8, 8), 10)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"widths": (32, 64.0)}, r"widths=\(32, 64.0\) must be a tuple of whole numbers"),
        ({"hidden": [512]}, r"hidden=\[512\] must be a tuple of whole numbers"),
        ({"dropout": (0.1, 0.2)}, "must be one number, or one for each of the 4 blocks"),
        ({"dropout": (0.1, 0.2, 0.3, 1.5)}, r"dropout=1.5 must be a number in \[0, 1\)"),
        ({"dropout": "much"}, "dropout='much' must be a number"),
        ({"hidden_dropout": -0.1}, r"hidden_dropout=-0.1 must be a number in \[0, 1\)"),
        ({"batch_norm": 1}, "batch_norm=1 must be True or False"),
        ({"norm_before_pool": "yes"}, "norm_before_pool='yes' must be True or False"),
        ({"kernel": 4}, "kernel=4 must be an odd whole number"),
        ({"kernel": (3, 3)}, r"kernel=\(3, 3\) must be an odd whole number"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CNN(**settings)
