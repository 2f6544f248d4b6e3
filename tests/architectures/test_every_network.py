"""What all networks have in common."""

import subprocess
import sys

import pytest
import torch
from torch.nn.functional import cross_entropy

from nia_optuna.architectures import CNN, MLP, Inception, LeNet, ResNet
from nia_optuna.recipe import Architecture

DEFAULTS = [MLP(), CNN(), LeNet(), Inception(), ResNet()]
REGULARISED = [
    MLP(batch_norm=True, dropout=0.2),
    CNN(dropout=0.2, hidden=(8,), hidden_dropout=0.2, norm_before_pool=True),
    LeNet(batch_norm=True, dropout=0.2, conv_dropout=0.2, pool="max"),
    Inception(batch_norm=True, dropout=0.2),
    ResNet(batch_norm=True, dropout=0.2),
]


@pytest.mark.parametrize("value", DEFAULTS, ids=repr)
def test_it_is_an_architecture_and_a_value(value: Architecture) -> None:
    assert isinstance(value, Architecture)
    assert value == type(value)()
    assert hash(value) == hash(type(value)())


@pytest.mark.parametrize("value", [*DEFAULTS, *REGULARISED], ids=repr)
@pytest.mark.parametrize(("shape", "outputs"), [((1, 28, 28), 10), ((3, 17, 20), 1)])
def test_it_has_the_outputs_asked_for(
    value: Architecture, shape: tuple[int, ...], outputs: int
) -> None:
    assert value.build(shape, outputs)(torch.randn(2, *shape)).shape == (2, outputs)


@pytest.mark.parametrize("value", [*DEFAULTS, *REGULARISED], ids=repr)
def test_every_parameter_learns(value: Architecture) -> None:
    torch.manual_seed(0)
    model = value.build((3, 16, 16), 4)
    loss = cross_entropy(model(torch.randn(16, 3, 16, 16)), torch.arange(16) % 4)
    torch.autograd.backward(loss)
    idle = [
        name for name, p in model.named_parameters() if p.grad is None or not bool(p.grad.any())
    ]
    assert idle == []


@pytest.mark.parametrize("value", [CNN(), LeNet(), Inception(), ResNet()], ids=repr)
@pytest.mark.parametrize("shape", [(13,), (28, 28), (1, 1, 28, 28)])
def test_a_network_for_pictures_refuses_anything_else_in_one_line(
    value: Architecture, shape: tuple[int, ...]
) -> None:
    with pytest.raises(
        ValueError,
        match=rf"^{type(value).__name__} needs pictures \(channels, height, width\), not .*\)$",
    ):
        value.build(shape, 1)


def test_naming_networks_imports_no_torch() -> None:
    program = (
        "import sys\n"
        "from nia_optuna.architectures import CNN, MLP, Inception, LeNet, ResNet\n"
        "from nia_optuna.architectures.plain import from_plain, plain\n"
        "for kind in (CNN, MLP, Inception, LeNet, ResNet): from_plain(plain(kind()))\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
