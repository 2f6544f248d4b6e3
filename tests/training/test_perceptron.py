"""A perceptron's own gradients are autograd's."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from nia_optuna.architectures import CNN, MLP, LeNet
from nia_optuna.architectures.activation import ACTIVATIONS
from nia_optuna.data import Splits
from nia_optuna.metric import LOSSES
from nia_optuna.optimizer import SGD
from nia_optuna.recipe import Architecture, Recipe
from nia_optuna.training.device import Device
from nia_optuna.training.fit import fit
from nia_optuna.training.losses import criterion, slope
from nia_optuna.training.perceptron import Perceptron
from nia_optuna.training.placement import autocast
from nia_optuna.training.stacked.network import stack
from nia_optuna.training.training import Training

CPU = Device()
ROUGH = Device(bf16=True)
SHAPE, CLASSES, EXAMPLES = (1, 6, 6), 10, 32
MODELS = [
    MLP(()),
    MLP((16,)),
    MLP((16, 8), dropout=0.3),
    MLP((16, 8), batch_norm=True, dropout=0.3),
    MLP((16,), output="tanh"),
    *(MLP((16,), activation=name) for name in ACTIVATIONS if name != "prelu"),
]


def built(model: Architecture, seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    network = model.build(SHAPE, CLASSES)
    assert isinstance(network, nn.Sequential)
    return network


def learned(network: nn.Sequential, count: int | None, device: Device) -> list[dict[str, Tensor]]:
    """Return scores, loss, gradients and buffers by autograd, then by the network's own passes."""
    shape = (EXAMPLES,) if count is None else (count, EXAMPLES)
    drawn = torch.Generator().manual_seed(0)
    inputs = torch.randn(*shape, *SHAPE, generator=drawn)
    targets = torch.randint(0, CLASSES, shape, generator=drawn)
    passes = Perceptron.of(MLP(), network, slope("squared", "classification"), device)
    assert passes is not None
    judge = criterion("squared", "classification")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    seen = []
    for way in ("autograd", "passes"):
        network.load_state_dict(before)
        network.zero_grad()
        torch.manual_seed(1)  # of dropout
        if way == "passes":
            loss, scores = passes.learn(inputs, targets)
        else:
            with autocast(device):
                scores = network(inputs).float()
            loss = judge(scores, targets)
            torch.autograd.backward(loss.sum())
        gradients = {n: p.grad for n, p in network.named_parameters() if p.grad is not None}
        assert len(gradients) == len(list(network.parameters()))
        buffers = {f"{name} then": each.clone() for name, each in network.named_buffers()}
        seen.append({"scores": scores.detach(), "loss": loss.detach(), **gradients, **buffers})
    return seen


def assert_same(own: dict[str, Tensor], recorded: dict[str, Tensor]) -> None:
    """Compare to the last bit: the gradient of this loss is autograd's in both."""
    torch.testing.assert_close(own, recorded, rtol=0, atol=0)


@pytest.mark.parametrize("device", [CPU, ROUGH], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_the_passes_give_what_autograd_gives(model: MLP, device: Device) -> None:
    recorded, own = learned(built(model, 0), None, device)
    assert_same(own, recorded)


@pytest.mark.parametrize("device", [CPU, ROUGH], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_they_do_in_a_stack(model: MLP, device: Device) -> None:
    stacked = stack([built(model, seed) for seed in range(3)])
    recorded, own = learned(stacked, 3, device)
    assert_same(own, recorded)


@pytest.mark.parametrize(
    ("name", "task"), [(name, task) for task, names in LOSSES.items() for name in names]
)
@pytest.mark.parametrize("count", [None, 3], ids=["one", "three"])
def test_a_slope_is_the_loss_and_its_gradient(name: str, task: str, count: int | None) -> None:
    shape = (7,) if count is None else (count, 7)
    drawn = torch.Generator().manual_seed(0)
    outputs = CLASSES if task == "classification" else 1
    scores = torch.randn(*shape, outputs, generator=drawn).requires_grad_()
    targets = torch.randint(0, CLASSES, shape, generator=drawn)
    targets = targets if task == "classification" else targets.float()
    loss = criterion(name, task)(scores, targets)  # type: ignore[arg-type]  # names of both
    torch.autograd.backward(loss.sum())
    with torch.no_grad():
        told, gradient = slope(name, task)(scores.detach(), targets)  # type: ignore[arg-type]
    assert scores.grad is not None
    torch.testing.assert_close((told, gradient), (loss.detach(), scores.grad))


@pytest.mark.parametrize("model", [LeNet(), CNN((4,)), MLP(activation="prelu")], ids=repr)
def test_other_networks_are_left_to_autograd(model: Architecture) -> None:
    judge = slope("cross_entropy", "classification")
    assert Perceptron.of(model, model.build((3, 32, 32), CLASSES), judge, CPU) is None
    assert Perceptron.of(MLP(), built(MLP(), 0), judge, Device("cuda:0")) is None


def test_short_steps_are_in_float32_and_say_so(digits: Splits) -> None:
    short = Training(Recipe(MLP((16,)), SGD(0.1), batch_size=64), epochs=1)
    long = replace(short, recipe=replace(short.recipe, model=MLP((4096,))))
    paths = {
        (training.recipe.model, device.bf16): next(
            fit(training, digits, seed=0, device=device)
        ).path
        for training in (short, long)
        for device in (CPU, ROUGH)
    }
    assert paths == {
        (MLP((16,)), False): "single",
        (MLP((16,)), True): "single in float32",
        (MLP((4096,)), False): "single",
        (MLP((4096,)), True): "single",
    }


def test_a_batch_of_one_is_refused_where_a_batch_norm_needs_more() -> None:
    model = MLP((4,), batch_norm=True)
    judge = slope("cross_entropy", "classification")
    passes = Perceptron.of(model, built(model, 0), judge, CPU)
    assert passes is not None
    with pytest.raises(ValueError, match="more than one example"):
        passes.learn(torch.zeros(1, *SHAPE), torch.tensor([0]))
