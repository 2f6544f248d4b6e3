"""What the options of `nia-optuna run` must satisfy, alone and together."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import typer

MOST_WORKERS = 256
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

APART = {
    "--replay": ("--tensorboard", "--finish-pruned", "--dry-run", "--extend"),
    "--extend": ("--dry-run", "--quick"),
}


def seconds(text: str) -> float:
    """Return the seconds in "90", "45s", "30m", "2h" or "1h30m"."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        total = float(text)
    elif re.fullmatch(r"(\d+(\.\d+)?[smhd])+", text):
        total = sum(float(n) * UNITS[u] for n, u in re.findall(r"([\d.]+)([smhd])", text))
    else:
        raise typer.BadParameter(f"{text!r} is not a duration such as 90s, 30m or 2h")
    if not 0 < total < float("inf"):
        raise typer.BadParameter("a duration must be above 0, and end")
    return total


def worker_count(text: str) -> str:
    """Check that `text` is "auto" or a number of workers."""
    if text != "auto" and not (text.isascii() and text.isdecimal()):
        raise typer.BadParameter(f"{text!r} is neither auto nor a number")
    if text != "auto" and int(text) > MOST_WORKERS:
        raise typer.BadParameter(f"{text} workers are more than {MOST_WORKERS}")
    return text


def check_apart(told: Mapping[str, object]) -> None:
    """Refuse options of which one would be passed over for the other."""
    for option, others in APART.items():
        for other in others:
            if told[option] and told[other]:
                raise typer.BadParameter(f"{option} does not go with {other}")


def check_tensorboard(folder: Path | None) -> None:
    """Raise BadParameter where event files cannot be left in `folder`, which is made if need be."""
    if folder is None:
        return
    if folder == Path():
        raise typer.BadParameter("--tensorboard needs a folder of its own")
    if find_spec("tensorboard") is None:
        raise typer.BadParameter(
            "--tensorboard needs a package: pip install 'nia-optuna[tensorboard]'"
        )
    if folder.is_file():
        raise typer.BadParameter(f"--tensorboard {folder} is a file, where a folder should be")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror
    else:
        why = "" if os.access(folder, os.W_OK) else "it cannot be written to"
    if why:
        raise typer.BadParameter(f"--tensorboard {folder} is no folder to write to: {why}")
