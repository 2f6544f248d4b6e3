"""The multilayer perceptron is what its value says."""

from typing import Any

import pytest
import torch
from torch import nn

from nia_optuna.architectures import MLP
from nia_optuna.recipe import Architecture


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MLP(widths=()), 784 * 10 + 10),
        (MLP(), 784 * 128 + 128 + 128 * 10 + 10),
        (MLP(widths=(256, 64)), 784 * 256 + 256 + 256 * 64 + 64 + 64 * 10 + 10),
        (MLP(batch_norm=True), 784 * 128 + 128 + 2 * 128 + 128 * 10 + 10),
    ],
    ids=repr,
)
def test_its_parameters_can_be_counted_by_hand(value: MLP, expected: int) -> None:
    model = value.build((1, 28, 28), 10)
    assert parameters(model) == expected
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_it_takes_rows_of_numbers_as_well_as_pictures() -> None:
    # 13 features, Dense 16-8-1: 13*16+16 + 16*8+8 + 8+1.
    model = MLP(widths=(16, 8)).build((13,), 1)
    assert parameters(model) == 369
    assert model(torch.zeros(4, 13)).shape == (4, 1)


def test_its_output_may_be_activated() -> None:
    rectified = MLP(widths=(16, 8), output="relu").build((13,), 1)
    assert [type(layer) for layer in rectified] == [
        nn.Flatten,
        *[nn.Linear, nn.ReLU] * 3,
    ]
    assert float(rectified(torch.randn(1000, 13)).detach().min()) == 0


def test_its_scores_are_those_of_the_last_linear_layer() -> None:
    assert isinstance(MLP().build((13,), 1)[-1], nn.Linear)


def test_it_is_a_value() -> None:
    assert MLP() == MLP(widths=(128,))
    assert hash(MLP()) == hash(MLP())
    assert isinstance(MLP(), Architecture)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"widths": [128]}, r"widths=\[128\] must be a tuple of whole numbers"),
        ({"widths": 128}, "widths=128 must be a tuple"),
        ({"widths": (0,)}, r"widths=\(0,\) must be a tuple"),
        ({"widths": (True,)}, r"widths=\(True,\) must be a tuple"),
        ({"batch_norm": "no"}, "batch_norm='no' must be True or False"),
        ({"output": "softmax"}, "activation 'softmax' is unknown"),
        ({"dropout": 1.0}, r"dropout=1.0 must be a number in \[0, 1\)"),
        ({"dropout": "0.5"}, "dropout='0.5' must be a number"),
        ({"dropout": (0.5,)}, r"dropout=\(0.5,\) must be a number"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLP(**settings)
