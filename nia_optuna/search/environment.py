"""What a reader needs to know about the machine and the code behind a number."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from nia_optuna.study import Study
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.hardware import cores, name_of, processor

BFLOAT16 = "bfloat16 autocast"


def environment(device: Device) -> dict[str, str | int]:
    """Return versions and hardware; no user, host or path names."""
    return {
        "nia_optuna": version("nia-optuna"),
        "optuna": version("optuna"),
        "torch": version("torch"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": processor(),
        "cores": cores(),
        "device": device.name if device.name == "cpu" else name_of(device.name),
        "precision": precision(device),
    }


def precision(device: Device) -> str:
    """Return in which numbers a device trains, in words."""
    return BFLOAT16 if device.bf16 else "float32"


def path_text(device: Device, epochs: Sequence[Epoch]) -> str:
    """Return how some epochs were trained on a device, see TrialAttr.PATH."""
    layout = ["channels last"] if device.channels_last else []
    threads = [f"{device.threads} threads"] if device.threads > 1 else []
    settings = ", ".join([device.name, precision(device), *layout, *threads])
    return f"{settings}: {', then '.join(dict.fromkeys(epoch.path for epoch in epochs))}"


def device_of(path: str) -> Device:
    """Return the device, with its settings, that `path_text` told of."""
    name, precision, *rest = path.partition(": ")[0].split(", ")
    threads = [int(words.split()[0]) for words in rest if words.endswith(" threads")]
    return Device(
        name,
        bf16=precision == BFLOAT16,
        channels_last="channels last" in rest,
        threads=threads[0] if threads else 1,
    )


def as_begun(
    device: Device, recorded: Mapping[str, object], now: Mapping[str, object] | None = None
) -> Device:
    """Return the device in the precision that the `recorded` environment trained in.

    On other hardware that may be far slower, so there the device is returned as it is. `now` is the
    environment that the device is in, where that is not here.
    """
    now = now or environment(device)
    if any(recorded.get(name) != now[name] for name in ("cpu", "device")):
        return device
    return replace(device, bf16=recorded.get("precision") == BFLOAT16)


def source(study: Study) -> dict[str, str | None]:
    """Return where the study function came from; `git_commit` ends in + where files had changed."""
    if study.path is None:
        return {"file": None, "study": study.name, "sha256": None, "git_commit": None}
    return {
        "file": study.path.name if study.path.is_absolute() else study.path.as_posix(),
        "study": study.name,
        "sha256": hashlib.sha256(study.path.read_bytes()).hexdigest(),
        "git_commit": _git_commit(study.path.resolve().parent),
    }


def _git_commit(folder: Path) -> str | None:
    def git(*words: str) -> str:
        return subprocess.run(  # noqa: S603  # fixed words
            ["git", "-C", str(folder), *words],  # noqa: S607  # git is found on the user's PATH
            check=True,
            capture_output=True,
            text=True,
            timeout=10,
        ).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + (
            "+" if git("status", "--porcelain", "--untracked-files=no") else ""
        )
    except (OSError, subprocess.SubprocessError):
        return None
