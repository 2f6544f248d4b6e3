"""LeNet is the textbook's network."""

from typing import Any, Literal

import pytest
import torch
from torch import nn

from nia_optuna.architectures import LeNet
from nia_optuna.architectures.activation import ACTIVATIONS
from nia_optuna.architectures.dropout import ByteDropout
from nia_optuna.architectures.pooling import HalvingAverage


def kinds(value: LeNet) -> list[type[nn.Module]]:
    return [type(layer) for layer in value.build((1, 28, 28), 10)]


def test_its_parameters_can_be_counted_by_hand() -> None:
    # 6*25+6, 16*6*25+16, 400*120+120, 120*84+84 and 84*10+10.
    model = LeNet().build((1, 28, 28), 10)
    layers = [m for m in model if isinstance(m, nn.Conv2d | nn.Linear)]
    counts = [sum(p.numel() for p in m.parameters()) for m in layers]
    assert counts == [156, 2_416, 48_120, 10_164, 850]
    assert sum(p.numel() for p in model.parameters()) == 61_706


def test_its_layers_come_in_the_textbook_order() -> None:
    convolutions = [nn.Conv2d, nn.Sigmoid, HalvingAverage] * 2
    head = [nn.Linear, nn.Tanh] * 2
    saturating = LeNet(activation="sigmoid", head_activation="tanh")
    assert kinds(saturating) == [*convolutions, nn.Flatten, *head, nn.Linear]


def test_batch_norm_and_dropout_come_last_in_their_block() -> None:
    value = LeNet(batch_norm=True, dropout=0.5, conv_dropout=0.25)
    convolutions = [nn.Conv2d, nn.ReLU, HalvingAverage, nn.BatchNorm2d, ByteDropout] * 2
    head = [nn.Linear, nn.ReLU, nn.BatchNorm1d, ByteDropout] * 2
    assert kinds(value) == [*convolutions, nn.Flatten, *head, nn.Linear]
    dropped = [
        m.dropped for m in value.build((1, 28, 28), 10).modules() if isinstance(m, ByteDropout)
    ]
    assert dropped == [64, 64, 128, 128]  # of 256


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("pool", ["average", "max"])
def test_a_convolution_equals_activation_then_pooling(
    name: str, pool: Literal["average", "max"]
) -> None:
    # A maximum is taken first where that is exact; the answer must not depend on it. Averages
    # never commute with an activation.
    network = LeNet(activation=name, pool=pool).build((2, 12, 12), 3)
    pictures = 3 * torch.randn(5, 2, 12, 12)
    (activation,) = (m for m in network[1:3] if not isinstance(m, HalvingAverage | nn.MaxPool2d))
    activated = activation(network[0](pictures))
    pooled = {
        "average": nn.functional.avg_pool2d(activated, 2),
        "max": nn.functional.max_pool2d(activated, 2),
    }
    torch.testing.assert_close(network[:3](pictures), pooled[pool])


@pytest.mark.parametrize(("side", "flat"), [(28, 400), (32, 576), (12, 16), (13, 16)])
def test_it_takes_pictures_of_many_sizes(side: int, flat: int) -> None:
    model = LeNet().build((3, side, side), 10)
    assert next(m.in_features for m in model if isinstance(m, nn.Linear)) == flat
    assert model(torch.zeros(2, 3, side, side)).shape == (2, 10)


@pytest.mark.parametrize("shape", [(1, 11, 28), (1, 28, 11)])
def test_a_picture_too_small_is_refused_in_one_line(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"^LeNet needs pictures of at least 12x12, not \d+x\d+$"):
        LeNet().build(shape, 10)


def test_it_need_have_no_hidden_layer() -> None:
    model = LeNet(filters=(4, 8), hidden=()).build((1, 28, 28), 10)
    assert sum(p.numel() for p in model.parameters()) == 104 + 808 + 200 * 10 + 10


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"filters": (6,)}, r"filters=\(6,\) must be a tuple of 2 whole numbers of at least 1"),
        ({"filters": (6, 0)}, r"filters=\(6, 0\) must be a tuple of 2 whole numbers"),
        ({"hidden": 120}, "hidden=120 must be a tuple of whole numbers"),
        ({"pool": "mean"}, "pool='mean' must be 'average' or 'max'"),
        ({"pool": ("max",)}, r"pool=\('max',\) must be 'average' or 'max'"),
        ({"head_activation": "rellu"}, "activation 'rellu' is unknown"),
        ({"batch_norm": None}, "batch_norm=None must be True or False"),
        ({"dropout": 1}, r"dropout=1 must be a number in \[0, 1\)"),
        ({"conv_dropout": -1}, r"conv_dropout=-1 must be a number in \[0, 1\)"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LeNet(**settings)
