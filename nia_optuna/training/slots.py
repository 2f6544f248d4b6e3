"""How many trainers share a GPU."""

from __future__ import annotations

GIB = 2**30
NEEDED = 3 * GIB
MOST = 4


def trainers_a_gpu(*, cores: int, gpus: int, free: int) -> int:
    """Return how many trainer processes each of `gpus` GPUs is given by default: 1 to 4.

    A small network leaves a GPU waiting for its host: while one process prepares a step or reads an
    epoch's figures, another one's kernels can run. Each wants a core of the machine for that, and
    memory, of which the fullest GPU has `free` bytes left. Planned are 3 GiB a process: 0.5 to 1
    for its CUDA context and libraries, 0.2 to 0.5 for the pictures, which every process copies, and
    the rest for the largest network at its largest batch. More than four processes were never
    tried: without NVIDIA's MPS a GPU carries out the kernels of one process at a time.
    """
    return max(1, min(MOST, cores // gpus, free // NEEDED))
