"""Memory: what says that it was short, and how much is planned with."""

import weakref

import numpy as np
import pytest
import torch

from nia_optuna.architectures import CNN, MLP, LeNet
from nia_optuna.data import Splits
from nia_optuna.optimizer import SGD, Adam, Optimizer, RMSprop
from nia_optuna.recipe import Architecture, Recipe
from nia_optuna.training.device import Device
from nia_optuna.training.memory import MOST, free_cache, networks_within, out_of_memory
from nia_optuna.training.optimization import optimizer_for, states
from nia_optuna.training.slots import trainers_a_gpu
from nia_optuna.training.stacked import size
from nia_optuna.training.stacked.size import most_together, rows_at_once

GPU = Device("cuda:0")
GIB = 2**30


def test_what_torch_and_numpy_raise_for_want_of_memory_is_known() -> None:
    with pytest.raises(RuntimeError) as torchs:
        torch.empty(2**58)
    with pytest.raises(MemoryError) as numpys:
        np.empty(2**50)
    assert out_of_memory(torchs.value)
    assert out_of_memory(numpys.value)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"),
    ],
    ids=str,
)
def test_what_a_gpu_says_for_want_of_memory_is_known(error: Exception) -> None:
    assert out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("cuDNN error: CUDNN_STATUS_NOT_SUPPORTED"),
        OSError(28, "No space left on device"),
        ValueError("the network says: out of memory"),
    ],
    ids=str,
)
def test_other_errors_are_not_taken_for_it(error: Exception) -> None:
    assert not out_of_memory(error)


def test_what_only_refers_to_itself_is_freed() -> None:
    class Ring:
        itself: object = None

    ring = Ring()
    ring.itself, known = ring, weakref.ref(ring)
    del ring
    free_cache("cpu")
    assert known() is None


def test_twice_the_memory_holds_twice_the_networks_up_to_a_limit() -> None:
    def most(free: int) -> int:
        return networks_within(free, parameters=100_000, activations=5_000_000, states=2)

    assert most(0) == 1
    assert 2 < most(GIB) < 20
    assert most(8 * GIB) == pytest.approx(8 * most(GIB), abs=8)
    assert most(1000 * GIB) == MOST


@pytest.mark.parametrize(
    "optimizer", [SGD(0.1), SGD(0.1, momentum=0.9), Adam(), RMSprop(), RMSprop(momentum=0.5)]
)
def test_the_numbers_that_an_optimizer_keeps_are_counted(optimizer: Optimizer) -> None:
    model = MLP((4,)).build((3,), 2)
    model(torch.ones(5, 3)).sum().backward()
    made = optimizer_for(optimizer, model, "cpu")
    made.step()
    kept = sum(
        value.numel() for known in made.state.values() for value in known.values() if value.ndim
    )
    assert kept == states(optimizer) * sum(p.numel() for p in model.parameters())


def most(model: Architecture, splits: Splits, free: int, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(size, "free_bytes", lambda _: free)
    return most_together(Recipe(model, Adam(), batch_size=64), splits, GPU)


def test_a_gpu_stacks_perceptrons_by_the_memory_that_is_free(
    digits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert most(MLP(), digits, 80 * GIB, monkeypatch) == MOST
    few = most(MLP((1000, 1000)), digits, GIB, monkeypatch)
    assert 1 < few < most(MLP((1000, 1000)), digits, 2 * GIB, monkeypatch) < MOST
    assert most(MLP((1000, 1000)), digits, GIB // 16, monkeypatch) == 1
    assert most(MLP(activation="prelu"), digits, 80 * GIB, monkeypatch) == 1


def test_a_gpu_stacks_no_convolutions(digits: Splits, monkeypatch: pytest.MonkeyPatch) -> None:
    for model in (LeNet(), CNN(widths=(4,))):
        assert most(model, digits, 80 * GIB, monkeypatch) == 1


def test_a_large_stack_looks_at_fewer_validation_examples_at_once_on_a_gpu() -> None:
    assert rows_at_once(GPU, 1) == 2000
    assert rows_at_once(GPU, 4) == 500
    assert rows_at_once(GPU, 512) == 256
    assert rows_at_once(Device("cpu"), 64) == rows_at_once(Device("cpu"), 1) == 250


def test_trainers_share_a_gpu_while_it_has_memory_and_the_machine_cores() -> None:
    assert trainers_a_gpu(cores=16, gpus=1, free=78 * GIB) == 4
    assert trainers_a_gpu(cores=16, gpus=8, free=78 * GIB) == 2
    assert trainers_a_gpu(cores=16, gpus=1, free=7 * GIB) == 2
    assert trainers_a_gpu(cores=2, gpus=1, free=78 * GIB) == 2
    assert trainers_a_gpu(cores=4, gpus=8, free=GIB) == 1
