"""What a machine calls its processor and its devices. Imports torch for a GPU's name alone."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def name_of(device_name: str) -> str:
    """Return what a device is, such as "cpu (Intel Xeon)" or "cuda:0 (NVIDIA H100)"."""
    if not device_name.startswith("cuda"):
        return f"{device_name} ({processor()})"
    import torch

    return f"{device_name} ({torch.cuda.get_device_name(device_name)})"
