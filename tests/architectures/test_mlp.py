"""The multilayer perceptron is what its value says."""

import subprocess
import sys
from typing import Any

import pytest
import torch

from nia_optuna.architectures import MLP
from nia_optuna.recipe import Architecture


def parameters(model: torch.nn.Module) -> int:
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
        ({"dropout": 1.0}, r"dropout=1.0 must be a number in \[0, 1\)"),
        ({"dropout": "0.5"}, "dropout='0.5' must be a number"),
        ({"dropout": (0.5,)}, r"dropout=\(0.5,\) must be a number"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLP(**settings)


def test_naming_networks_imports_no_torch() -> None:
    program = (
        "import sys\n"
        "from nia_optuna.architectures import CNN, MLP\n"
        "CNN(), MLP()\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
