"""Activations by name."""

import pytest
import torch

from nia_optuna.architectures import CNN, MLP
from nia_optuna.architectures.activation import ACTIVATIONS, check_activation


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_trains_a_step(name: str) -> None:
    model = MLP(widths=(8, 8), activation=name).build((1, 4, 4), 3)
    loss = model(torch.randn(6, 1, 4, 4)).square().mean()
    torch.autograd.backward(loss)
    for p in model.parameters():
        assert p.grad is not None
        assert bool(p.grad.isfinite().all())


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_block_equals_activation_then_maximum(name: str) -> None:
    # The maximum is taken first where that is exact; the answer must not depend on it.
    network = CNN(widths=(4,), activation=name, batch_norm=False).build((2, 8, 8), 3)
    convolution, *between, _flatten, _linear = network
    pictures = 3 * torch.randn(5, 2, 8, 8)
    (activation,) = (layer for layer in between if not isinstance(layer, torch.nn.MaxPool2d))
    expected = torch.nn.functional.max_pool2d(activation(convolution(pictures)), 2)
    torch.testing.assert_close(network[:3](pictures), expected)


@pytest.mark.parametrize("value", [["relu"], {"relu": 1}, None], ids=repr)
def test_what_is_no_name_is_no_activation(value: object) -> None:
    with pytest.raises(ValueError, match=r"activation .* is unknown"):
        check_activation(value)


@pytest.mark.parametrize(("name", "near"), [("rellu", "relu"), ("swish", "hardswish")])
def test_an_unknown_activation_names_what_comes_near(name: str, near: str) -> None:
    with pytest.raises(ValueError, match=rf"activation '{name}' is unknown; .*\b{near}\b"):
        MLP(activation=name)


def test_an_activation_near_nothing_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"known are celu, elu, .*tanhshrink"):
        CNN(activation="qqqq")
