"""Trainings on a GPU that is not there: tensors with shapes and devices, and no numbers.

PyTorch's fake tensors refuse what a GPU refuses, a product of tensors on two devices, and what a
capture refuses, a question for a number. Backward passes are left out: the engine wants a device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    FakeTensorDeviceMismatchError,
    FakeTensorMode,
)

from nia_optuna.architectures import CNN, MLP, Inception, ResNet
from nia_optuna.data import Resized, Splits, open_data, silent, split
from nia_optuna.metric import LOSSES
from nia_optuna.optimizer import SGD, Adam, AdamW, Optimizer, RMSprop
from nia_optuna.recipe import Architecture, Recipe
from nia_optuna.training import loop as loop_module
from nia_optuna.training import placement
from nia_optuna.training.device import Device
from nia_optuna.training.evaluation import tally
from nia_optuna.training.graph import Replay
from nia_optuna.training.loop import Loop, bounds
from nia_optuna.training.stacked.loop import Member, StackedLoop
from nia_optuna.training.step import Seen
from nia_optuna.training.training import Training

pytestmark = pytest.mark.filterwarnings("ignore:CUDA is not available")

GPU = Device("cuda:0", channels_last=True)
OPTIMIZERS = [SGD(0.1, momentum=0.9), Adam(), AdamW(), RMSprop(momentum=0.5)]
STEPS = 5  # enough to record a graph after the first three and to replay it


@dataclass
class Imagined:
    """What stands in for a GPU's backward pass: gradients of the right shape for `model`."""

    model: nn.Module | None = None

    def backward(self, loss: Tensor) -> None:
        assert loss.device.type == "cuda"
        assert self.model is not None
        for parameter in self.model.parameters():
            parameter.grad = torch.empty_like(parameter)


def moved(module: nn.Module, device: object = None, **_: object) -> nn.Module:
    """Move a network as Module.to does, which fake tensors do not allow."""
    if device is not None:
        for each in module.modules():
            for name, parameter in each.named_parameters(recurse=False):
                there = parameter.detach().to(str(device))
                each.register_parameter(name, nn.Parameter(there, parameter.requires_grad))
            for name, buffer in each.named_buffers(recurse=False):
                setattr(each, name, buffer.to(str(device)))
    return module


def fused(*lists: Sequence[Tensor], lr: float | Tensor, **_: object) -> None:
    """Stand for the fused optimizers, of which there is no fake kind."""
    rate = [lr] if isinstance(lr, Tensor) else []
    assert {tensor.device.type for tensors in (*lists, rate) for tensor in tensors} == {"cuda"}


@pytest.fixture
def imagined(monkeypatch: pytest.MonkeyPatch) -> Iterator[Imagined]:
    gpu = Imagined()
    monkeypatch.setattr(nn.Module, "to", moved)
    monkeypatch.setattr(torch.autograd, "backward", gpu.backward)
    # What is kept for later trainings must not be kept from here.
    monkeypatch.setattr(placement, "_copied", placement._copied.__wrapped__)  # noqa: SLF001
    for name in ("_fused_sgd_", "_fused_adam_", "_fused_adamw_"):
        monkeypatch.setattr(torch, name, fused)
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield gpu


class Recorded:
    """Records as a graph does: nothing may ask for a number."""

    def aside(self, learn: Callable[[], Seen]) -> Seen:
        return learn()

    def record(self, learn: Callable[[], Seen]) -> tuple[Replay, Seen]:
        return lambda: None, learn()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Splits:
    """Digits large enough for every network."""
    data = open_data(Resized("digits", 16), tmp_path_factory.mktemp("data"), silent)
    return split(data, validation=0.2, subset=None, seed=0)


def learn(training: Training, splits: Splits, gpu: Imagined) -> Loop:
    loop = Loop.begin(training, splits, seed=0, device=GPU, given_up=lambda: False, recorder=None)
    gpu.model = loop.model
    steps = bounds(len(loop.train), training.recipe.batch_size)[:STEPS]
    sums, first, _ = loop._learn(1, [0.1] * len(steps), steps)  # noqa: SLF001  # as one epoch does
    judged = tally(loop.model, loop.validation, loss=training.loss, task=splits.task, device=GPU)
    assert {each.device.type for each in (sums, first, judged)} == {"cuda"}
    return loop


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_the_steps_of_all_optimizers_can_be_captured(
    imagined: Imagined, digits: Splits, monkeypatch: pytest.MonkeyPatch, optimizer: Optimizer
) -> None:
    monkeypatch.setattr(loop_module, "capture_for", lambda *_: Recorded())
    recipe = Recipe(CNN(widths=(4,), dropout=0.3, batch_norm=True), optimizer, batch_size=64)
    loop = learn(Training(recipe, epochs=1, augment=("crop", "flip")), digits, imagined)
    assert loop.path == "single, CUDA graph"


@pytest.mark.parametrize("model", [Inception(), ResNet()], ids=lambda m: type(m).__name__)
def test_the_steps_of_all_networks_can_be_captured(
    imagined: Imagined, pictures: Splits, monkeypatch: pytest.MonkeyPatch, model: Architecture
) -> None:
    monkeypatch.setattr(loop_module, "capture_for", lambda *_: Recorded())
    loop = learn(Training(Recipe(model, Adam(), batch_size=32), epochs=1), pictures, imagined)
    assert loop.path == "single, CUDA graph"


def test_the_steps_of_all_losses_can_be_captured(
    imagined: Imagined, digits: Splits, boston: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "capture_for", lambda *_: Recorded())
    recipe = Recipe(MLP((8,)), Adam(), batch_size=32)
    for splits in (digits, boston):
        for loss in LOSSES[splits.task]:
            training = Training(recipe, epochs=1, loss=loss, metric="loss")
            assert learn(training, splits, imagined).path == "single, CUDA graph"


def test_a_network_that_asks_for_a_number_is_found_out(
    imagined: Imagined, digits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Asking(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * x.mean().item()

    class Elsewhere(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * torch.ones(8)

    @dataclass(frozen=True)
    class Own:
        layer: nn.Module

        def build(self, shape: tuple[int, ...], classes: int) -> nn.Module:
            return nn.Sequential(self.layer, *MLP((8,)).build(shape, classes))

    monkeypatch.setattr(loop_module, "capture_for", lambda *_: None)
    for layer, error in (
        (Asking(), DataDependentOutputException),
        (Elsewhere(), FakeTensorDeviceMismatchError),
    ):
        training = Training(Recipe(Own(layer), SGD(0.1), batch_size=32), epochs=1)
        with pytest.raises(error):
            learn(training, digits, imagined)


@pytest.mark.parametrize("optimizer", [Adam(), RMSprop()], ids=repr)
def test_a_stack_asks_the_gpu_for_no_number_and_lies_on_it_as_a_whole(
    imagined: Imagined, digits: Splits, optimizer: Optimizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # There is no imagined generator; the global one stands for it.
    monkeypatch.setattr("nia_optuna.training.stacked.loop.generator_of", lambda *_: None)
    recipe = Recipe(MLP((8, 4), dropout=0.2, batch_norm=True), optimizer, batch_size=64)
    training = Training(recipe, epochs=2, augment=("flip",))
    members = [Member(training, digits, seed) for seed in range(3)]
    stack = StackedLoop.begin(members, device=GPU, given_up=lambda: False)
    for left in ([0, 2], [0]):
        imagined.model = stack.stacked
        steps = bounds(len(stack.train), 64)[:2]
        rates = [[0.1] * len(steps)] * len(stack.members)
        sums, first = stack._learn([1] * len(stack.members), steps, rates)  # noqa: SLF001  # as one epoch does
        judged = stack._tally()  # noqa: SLF001
        assert {each.device.type for each in (sums, first, judged)} == {"cuda"}
        assert {each.device.type for each in stack.weights(0).values()} == {"cuda"}
        stack = stack.regroup(left, [1] * len(left), [])
