"""Where to train and how. Imports no torch until a device is looked for or measured."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

ROUNDS = 4
ENOUGH = 0.06  # seconds of steps that make a figure, in each round
CLEARLY = 0.9  # a choice must take less than this share of the time of the choice before


@dataclass(frozen=True)
class Device:
    """A device and the settings that were measured to be fastest on it.

    `name` is "cpu", "cuda:0", "mps"; `bf16` runs the network in bfloat16 with float32 weights;
    `channels_last` is the memory format of convolutional networks; `threads` those of a trainer.
    `graphs` lets a CUDA device replay steps that it was given once.
    """

    name: str = "cpu"
    bf16: bool = False
    channels_last: bool = False
    threads: int = 1
    graphs: bool = True


def devices(option: str) -> tuple[str, ...]:
    """Return the devices that auto, cpu, cuda, cuda:0,1 or mps stands for.

    "auto" is every CUDA device, else Apple's GPU, else the CPU. Raises ValueError, in one line,
    for what is unknown or not there.
    """
    if option == "cpu":
        return ("cpu",)
    kind, _, numbers = option.partition(":")
    if kind not in ("auto", "cuda", "mps") or (numbers and kind != "cuda"):
        raise ValueError(f"device {option!r} is not one of auto, cpu, cuda, cuda:0,1 or mps")

    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = torch.backends.mps.is_available()
    if kind == "auto":
        return tuple(f"cuda:{n}" for n in range(count)) or (("mps",) if mps else ("cpu",))
    if kind == "mps":
        if not mps:
            raise ValueError("device 'mps' is not available to this PyTorch")
        return ("mps",)
    if not count:
        raise ValueError(f"device {option!r} is not available: PyTorch finds no CUDA device")
    if ":" not in option:
        return tuple(f"cuda:{n}" for n in range(count))
    wanted = numbers.split(",")
    for number in wanted:
        if not number.isdecimal() or int(number) >= count:
            raise ValueError(f"device {option!r}: {number!r} is not one of 0 to {count - 1}")
    return tuple(dict.fromkeys(f"cuda:{int(number)}" for number in wanted))


def probe(name: str) -> Device:
    """Return the fastest settings for `name`, measured with one thread in one to two seconds.

    Whether bfloat16 and channels_last pay is a matter of the hardware and of PyTorch's build:
    without hardware for it bfloat16 still runs, tens to hundreds of times slower.
    """
    plain = Device(name)
    # The two are not independent: bfloat16 may pay with the channels last only, or the reverse.
    tried = (
        plain,
        replace(plain, channels_last=True),
        replace(plain, bf16=True),
        replace(plain, bf16=True, channels_last=True),
    )
    seconds = dict.fromkeys(tried, math.inf)
    # In turn, and each at its best: work beside this one slows whoever has the core just then.
    for _ in range(ROUNDS):
        for device in tried:
            measured = _step_seconds(device, limit=4 * min(seconds.values()))
            seconds[device] = min(seconds[device], measured)
    chosen = plain
    for device in tried[1:]:
        if seconds[device] < CLEARLY * seconds[chosen]:
            chosen = device
    return chosen


def _step_seconds(device: Device, limit: float) -> float:
    """Return the seconds of one training step of a small network.

    Returns infinity where already a thirty-second of the batch takes longer than `limit`.
    """
    import torch
    from torch.nn.functional import cross_entropy

    from nia_optuna.architectures import CNN
    from nia_optuna.training.placement import autocast, memory_format, place

    threads = torch.get_num_threads()
    torch.set_num_threads(device.threads)
    with torch.random.fork_rng(devices=[]):
        model = place(CNN(widths=(16, 32), hidden=(64,)).build((3, 32, 32), 10), device)
        size = 32 if device.name == "cpu" else 1024
        pictures = torch.rand(size, 3, 32, 32, device=device.name)
        pictures = pictures.contiguous(memory_format=memory_format(model, device))
        labels = torch.arange(size, device=device.name) % 10

    # On a CPU the time that this process had: what runs beside it would change the choice.
    clock = time.process_time if device.name == "cpu" else time.perf_counter

    def step(count: int) -> float:
        began = clock()
        with autocast(device):
            scores = model(pictures[:count])
        loss = cross_entropy(scores.float(), labels[:count])
        torch.autograd.backward(loss)
        loss.item()  # waits for the device
        return clock() - began

    try:
        few = size // 32 + 1
        step(few)
        if step(few) > limit:
            return math.inf
        step(size)
        began = time.perf_counter()
        taken: list[float] = []
        while not taken or time.perf_counter() - began < ENOUGH:
            taken.append(step(size))
        return min(taken)
    finally:
        torch.set_num_threads(threads)
