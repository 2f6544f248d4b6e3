"""The first weights: what PyTorch draws, or what Keras does, or for rectified units."""

import math

import pytest
import torch
from torch import nn

from nia_optuna.architectures import CNN, MLP
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Recipe
from nia_optuna.training.initialisation import initialise


def drawn(how: str) -> nn.Sequential:
    torch.manual_seed(0)
    model = MLP(widths=(400,)).build((1, 28, 28), 100)
    initialise(model, how)  # type: ignore[arg-type]
    return model


def linear(model: nn.Sequential) -> list[nn.Linear]:
    return [layer for layer in model if isinstance(layer, nn.Linear)]


def test_torch_leaves_what_the_layers_drew() -> None:
    torch.manual_seed(0)
    plain = MLP(widths=(400,)).build((1, 28, 28), 100)
    assert all(
        torch.equal(a, b)
        for a, b in zip(plain.parameters(), drawn("torch").parameters(), strict=True)
    )


@pytest.mark.parametrize(
    ("how", "variance"),
    [("glorot", lambda i, o: 2 / (i + o)), ("he", lambda i, _: 2 / i)],
)
def test_weights_have_the_variance_of_their_paper_and_biases_are_zero(
    how: str, variance: object
) -> None:
    for layer in linear(drawn(how)):
        expected = variance(layer.in_features, layer.out_features)  # type: ignore[operator]
        assert float(layer.weight.detach().var()) == pytest.approx(expected, rel=0.05)
        assert float(layer.weight.detach().abs().max()) <= math.sqrt(3 * expected) + 1e-6
        assert not layer.bias.detach().any()


def test_convolutions_are_drawn_too_and_normalisation_is_not() -> None:
    model = CNN(widths=(8,)).build((3, 8, 8), 4)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    initialise(model, "glorot")
    changed = {
        name
        for name, value in model.state_dict().items()
        if not torch.equal(value, before[name]) and name.endswith("weight")
    }
    kinds = {type(model[int(name.split(".")[0])]) for name in changed}
    assert kinds == {nn.Conv2d, nn.Linear}


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="init='xavier' is not one of torch, glorot, he"):
        Recipe(MLP(), SGD(lr=0.1), init="xavier")  # type: ignore[arg-type]
