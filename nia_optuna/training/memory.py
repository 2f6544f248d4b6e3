"""What a device's memory holds, and what is to be done when it did not."""

from __future__ import annotations

import gc

import torch

from nia_optuna.training import slots

FLOAT = 4  # bytes
MOST = 512
# Of what is free: as many trainers may share a device and begin at the same moment.
SHARE = 1 / slots.MOST

# How PyTorch and the libraries below it say so where it is no OutOfMemoryError.
SAID = (
    "out of memory",
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
)


def out_of_memory(error: BaseException) -> bool:
    """Return whether `error` says that memory was short: the device's or the host's."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error) for said in SAID)


def free_cache(device_name: str) -> None:
    """Give back what nobody in this process uses any more, on a GPU also to other processes.

    To be called after the `except` block that caught an error: until then its traceback holds the
    tensors of every frame that it passed.
    """
    gc.collect()
    kind = torch.device(device_name).type
    if kind == "cuda":
        with torch.cuda.device(device_name):
            torch.cuda.empty_cache()
    if kind == "mps":
        torch.mps.empty_cache()


def free_bytes(device_name: str) -> int:
    """Return the memory that this process could still take on a CUDA device, in bytes."""
    free, _ = torch.cuda.mem_get_info(device_name)
    unused = torch.cuda.memory_reserved(device_name) - torch.cuda.memory_allocated(device_name)
    return int(free + unused)


def networks_within(free: int, *, parameters: int, activations: int, states: int) -> int:
    """Return how many networks of a structure a stack should hold in `free` bytes: 1 to 512.

    `parameters` counts a network's learned numbers, `states` the numbers that the optimizer keeps
    for each of them, `activations` those that lie in memory in the middle of a step. A quarter of
    what is free is planned with. An estimate: who still runs out of memory should take fewer.
    """
    # The stack's, their gradients, those of the plain network and of the best epoch; and the
    # stack's once more while it is made anew because a member leaves.
    copies = 4 + states + (1 + states)
    each = FLOAT * (copies * parameters + activations)
    return max(1, min(MOST, int(SHARE * free) // each))
