"""Steps that are replayed are the steps that were issued one by one."""

from __future__ import annotations

import gc
import random
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nia_optuna.architectures import CNN, MLP
from nia_optuna.data import Splits
from nia_optuna.decay import Constant, Cosine, Decay
from nia_optuna.optimizer import SGD, Adam, AdamW, Optimizer, RMSprop
from nia_optuna.recipe import Architecture, Recipe
from nia_optuna.training import loop as loop_module
from nia_optuna.training.cuda_graphs import CudaGraphs
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.fit import Fitted, GivenUp, fit
from nia_optuna.training.graph import WARM_UP, Capture, GraphedStep, Replay, capture_for
from nia_optuna.training.loop import Loop
from nia_optuna.training.optimization import optimizer_for, set_learning_rate
from nia_optuna.training.snapshot import Snapshot
from nia_optuna.training.step import Seen
from nia_optuna.training.training import Training

CPU = Device()
MODEL = CNN(widths=(4,), dropout=0.3, batch_norm=True)
# Rates that float32 holds exactly, as a learning rate on a device is float32.
OPTIMIZERS = [
    SGD(2**-4, l2=1e-3),
    SGD(2**-4, momentum=0.9, nesterov=True),
    Adam(2**-7, l2=1e-3),
    AdamW(2**-7),
    RMSprop(2**-8, momentum=0.5),
]


@dataclass
class Again:
    """What a CUDA graph does, without CUDA: the step is taken again where its tensors lie.

    Recording takes a step, too, which must leave no trace.
    """

    aside_steps: int = 0
    replays: int = 0

    def aside(self, learn: Callable[[], Seen]) -> Seen:
        self.aside_steps += 1
        return learn()

    def record(self, learn: Callable[[], Seen]) -> tuple[Replay, Seen]:
        seen = learn()

        def replay() -> None:
            self.replays += 1
            for static, new in zip(seen, learn(), strict=True):
                static.copy_(new)

        return replay, seen


class Refused(Again):
    """A device that carries the work out and then says that it could not."""

    def record(self, learn: Callable[[], Seen]) -> tuple[Replay, Seen]:
        learn()
        try:
            raise ValueError("a sum was asked for\nand more lines")  # noqa: TRY301
        except ValueError:
            raise RuntimeError("an earlier error spoiled the capture")  # noqa: B904


@pytest.fixture
def captured_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Capture], Capture]:
    """Let the next trainings be captured by something else than a CUDA device."""

    def use(capture: Capture) -> Capture:
        monkeypatch.setattr(loop_module, "capture_for", lambda *_: capture)
        return capture

    return use


def training(
    optimizer: Optimizer, decay: Decay | None = None, model: Architecture = MODEL
) -> Training:
    recipe = Recipe(model, optimizer, decay or Constant(), batch_size=100)
    return Training(recipe, epochs=2, augment=("flip",))


def trained(training: Training, splits: Splits, device: Device = CPU) -> tuple[list[Epoch], Fitted]:
    epochs = fit(training, splits, seed=1, device=device)
    seen = []
    while True:
        try:
            seen.append(replace(next(epochs), seconds=0, path=""))
        except StopIteration as end:
            return seen, end.value


def state(fitted: Fitted) -> dict[str, Tensor]:
    return fitted.model.state_dict()


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_replayed_steps_are_the_usual_ones_to_the_last_bit(
    digits: Splits, captured_by: Callable[[Capture], Capture], optimizer: Optimizer
) -> None:
    expected, usual = trained(training(optimizer), digits)
    again = Again()
    captured_by(again)
    ours, fitted = trained(training(optimizer), digits)

    assert ours == expected
    torch.testing.assert_close(state(fitted), state(usual), rtol=0, atol=0)
    assert (usual.best.path, fitted.best.path) == ("single", "single, CUDA graph")
    whole = len(digits.train.index) // 100
    assert len(digits.train.index) % 100, (
        "each epoch ends in a smaller batch, which is not replayed"
    )
    assert (again.aside_steps, again.replays) == (WARM_UP, 2 * whole - WARM_UP)


def test_a_learning_rate_that_changes_at_every_step_reaches_the_replays(
    digits: Splits, captured_by: Callable[[Capture], Capture]
) -> None:
    expected, usual = trained(training(Adam(1e-2), Cosine()), digits)
    captured_by(Again())
    ours, fitted = trained(training(Adam(1e-2), Cosine()), digits)
    # Apart from float32's rounding of the rate.
    torch.testing.assert_close(state(fitted), state(usual), rtol=1e-4, atol=1e-5)
    assert [epoch.lr for epoch in ours] == [epoch.lr for epoch in expected]


def test_a_graph_goes_with_its_training(
    digits: Splits, captured_by: Callable[[Capture], Capture]
) -> None:
    """Python's collector may come in the middle of the next capture, which that would spoil."""
    kept: list[weakref.ref[object]] = []

    class Watched(Again):
        def record(self, learn: Callable[[], Seen]) -> tuple[Replay, Seen]:
            kept.append(weakref.ref(getattr(learn, "__self__")))  # noqa: B009  # the GraphedStep
            return lambda: None, learn()

    captured_by(Watched())
    collected = gc.isenabled()
    gc.disable()
    try:
        _, fitted = trained(training(Adam()), digits)
        assert kept
        assert kept[0]() is None
        assert fitted.best.path == "single, CUDA graph"
    finally:
        if collected:
            gc.enable()


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_a_refused_capture_is_said_and_changes_nothing(
    digits: Splits, captured_by: Callable[[Capture], Capture], optimizer: Optimizer
) -> None:
    expected, usual = trained(training(optimizer), digits)
    captured_by(Refused())
    with pytest.warns(RuntimeWarning, match=r"\(ValueError: a sum was asked for\)") as said:
        ours, fitted = trained(training(optimizer), digits)
    assert len(said) == 1
    assert ours == expected
    torch.testing.assert_close(state(fitted), state(usual), rtol=0, atol=0)
    assert fitted.best.path == "single"


def begun(digits: Splits, optimizer: Optimizer) -> Loop:
    return Loop.begin(
        training(optimizer), digits, seed=1, device=CPU, given_up=lambda: False, recorder=None
    )


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_a_snapshot_puts_back_weights_buffers_state_sums_and_draws(
    digits: Splits, captured_by: Callable[[Capture], Capture], optimizer: Optimizer, before: int
) -> None:
    captured_by(Again())
    step = begun(digits, optimizer).step
    assert isinstance(step, GraphedStep)
    rows = step.step.examples.rows[:50]
    for _ in range(before):
        step.step.learn(rows)

    def standing() -> list[Any]:
        module, optim = step.step.model, step.step.optimizer
        known = [{k: v.clone() for k, v in each.items()} for each in optim.state.values()]
        weights = {name: tensor.clone() for name, tensor in module.state_dict().items()}
        return [weights, known, step.step.sums.clone(), torch.get_rng_state()]

    places = [p.data_ptr() for p in step.step.model.parameters()]
    stood, snapshot = standing(), Snapshot.of(step.step)
    moved = step.step.learn(rows)
    assert not torch.equal(step.step.sums, stood[2])
    assert snapshot.grown() == (not before and optimizer != OPTIMIZERS[0])
    snapshot.put_back()

    torch.testing.assert_close(standing(), stood, rtol=0, atol=0)
    assert [p.data_ptr() for p in step.step.model.parameters()] == places
    torch.testing.assert_close(step.step.learn(rows), moved, rtol=0, atol=0)


def test_it_is_still_asked_whether_a_replayed_training_is_wanted(
    digits: Splits, captured_by: Callable[[Capture], Capture]
) -> None:
    again = Again()
    captured_by(again)
    asked: list[bool] = []

    def after_a_while() -> bool:
        asked.append(len(asked) == 1)
        return asked[-1]

    with pytest.raises(GivenUp):
        next(fit(training(SGD(0.1)), digits, seed=0, device=CPU, given_up=after_a_while))
    assert again.replays == 10 - WARM_UP


class Wavering(nn.Module):
    """Decides in Python, which a graph would never ask again."""

    def forward(self, x: Tensor) -> Tensor:
        return x if random.random() < 0.5 else -x


def test_only_networks_that_do_the_same_at_every_step_are_captured() -> None:
    gpu = Device("cuda:0")
    plain = CNN(widths=(4,), dropout=0.2).build((1, 8, 8), 10)
    assert capture_for(plain, CPU) is None
    assert capture_for(plain, Device("mps")) is None
    assert capture_for(plain, replace(gpu, graphs=False)) is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert capture_for(plain, gpu) == CudaGraphs("cuda:0")
    with pytest.warns(RuntimeWarning, match="Wavering may do something else at every step"):
        assert capture_for(nn.Sequential(plain, Wavering()), gpu) is None


def test_the_rate_of_a_captured_optimizer_is_one_tensor_that_stays_in_its_place() -> None:
    model = MLP((4,)).build((1, 2, 2), 3)
    for optimizer in (SGD(0.5), Adam(0.5), AdamW(0.5), RMSprop(0.5)):
        made = optimizer_for(optimizer, model, "cpu", captured=True)
        rates = [group["lr"] for group in made.param_groups]
        assert all(rate is rates[0] for rate in rates)
        set_learning_rate(made, 0.25)
        assert all(group["lr"] is rates[0] for group in made.param_groups)
        assert rates[0].item() == 0.25


GPU = Device("cuda:0", channels_last=True)
needs_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")


def assert_same_course(
    ours: tuple[list[Epoch], Fitted], theirs: tuple[list[Epoch], Fitted], relative: float = 1e-3
) -> None:
    for mine, other in zip(ours[0], theirs[0], strict=True):
        assert mine.train == pytest.approx(other.train, rel=relative)
        assert mine.validation == pytest.approx(other.validation, rel=relative, abs=0.01)
        assert mine.first_loss == pytest.approx(other.first_loss, rel=relative)
        assert mine.blank_loss == pytest.approx(other.blank_loss)


@pytest.mark.gpu
@needs_a_gpu
@pytest.mark.parametrize("decay", [Constant(), Cosine()], ids=repr)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_on_a_gpu_a_graph_gives_the_curve_of_the_usual_steps(
    digits: Splits, optimizer: Optimizer, decay: Decay
) -> None:
    asked = training(optimizer, decay)
    theirs = trained(asked, digits, replace(GPU, graphs=False))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = trained(asked, digits, GPU)
    assert (theirs[1].best.path, ours[1].best.path) == ("single", "single, CUDA graph")
    assert_same_course(ours, theirs)


@pytest.mark.gpu
@needs_a_gpu
def test_on_a_gpu_a_graph_casts_the_weights_of_each_step_anew(digits: Splits) -> None:
    asked, device = training(Adam(2**-7)), replace(GPU, bf16=True)
    theirs = trained(asked, digits, replace(device, graphs=False))
    ours = trained(asked, digits, device)
    assert ours[1].best.path == "single, CUDA graph"
    assert_same_course(ours, theirs, relative=0.05)


class Waiting(nn.Module):
    """Waits for the device, which no capture allows."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (2.0 if x.sum().item() > 1e9 else 1.0)


@dataclass(frozen=True)
class Waits:
    def build(self, shape: tuple[int, ...], classes: int) -> nn.Module:
        return nn.Sequential(Waiting(), MODEL.build(shape, classes))


@pytest.mark.gpu
@needs_a_gpu
def test_on_a_gpu_a_training_outlives_a_capture_that_fails(
    digits: Splits,
    monkeypatch: pytest.MonkeyPatch,
    captured_by: Callable[[Capture], Capture],
) -> None:
    asked = training(Adam(2**-7), model=Waits())
    theirs = trained(asked, digits, replace(GPU, graphs=False))
    captured_by(CudaGraphs(GPU.name))  # which the user's own layer would not be given
    with pytest.warns(RuntimeWarning, match="no CUDA graph could be captured"):
        ours = trained(asked, digits, GPU)
    assert ours[1].best.path == "single"
    assert_same_course(ours, theirs)
    monkeypatch.undo()
    # The device and its draws are as good as before: the next training is captured.
    assert trained(training(Adam(2**-7)), digits, GPU)[1].best.path == "single, CUDA graph"
