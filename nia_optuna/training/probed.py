"""What `probe` measured, remembered for this machine."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nia_optuna.training.checkpoints import write
from nia_optuna.training.device import Device, probe
from nia_optuna.training.hardware import name_of

FILE = "devices.json"
# What a writer has not finished after so many seconds it never will: it was killed.
ABANDONED = 3600.0


@dataclass(frozen=True)
class Probed:
    """A device with its fastest settings, and the day on which they were measured (UTC)."""

    device: Device
    day: str


def probed(name: str, folder: Path) -> Probed:
    """Return the fastest settings for `name`: those that `folder` remembers, else measured now.

    They are remembered for this hardware and this build of PyTorch. A file that cannot be read is
    written anew, one that cannot be written is done without.
    """
    file = folder / FILE
    known = _read(file)
    key = _key(name)
    try:
        entry = known[key]
        device = Device(name, bf16=entry["bf16"] is True, channels_last=entry["last"] is True)
        return Probed(device, str(entry["day"]))
    except (KeyError, TypeError):
        device = probe(name)
    day = datetime.now(UTC).date().isoformat()
    known[key] = {"bf16": device.bf16, "last": device.channels_last, "day": day}
    with contextlib.suppress(OSError):
        _write(file, known)
    return Probed(device, day)


def _key(name: str) -> str:
    """Return what the settings are a matter of: the hardware, and PyTorch's build."""
    import torch

    return f"{name_of(name)}, torch {torch.__version__}"


def _read(file: Path) -> dict[str, Any]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(file: Path, known: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    for left in file.parent.glob(f".{file.name}.*"):
        # Another run may be writing it now.
        if time.time() - left.stat().st_mtime > ABANDONED:
            left.unlink(missing_ok=True)
    write(file, (json.dumps(known, indent=2) + "\n").encode())
