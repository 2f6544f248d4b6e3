"""Run a downloading command, report how much it has written, and end it when it stalls."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING, BinaryIO

from nia_optuna.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nia_optuna.data.progress import Say

PATIENCE = 60.0  # seconds without a new byte
LOOK = 0.2  # seconds between two looks at the folder
COMPLAINT = re.compile(r"\berror\b|^E:", re.IGNORECASE)
PASSWORD = re.compile(r"://[^/@\s]+@")


def run_watched(
    command: Sequence[str],
    folder: Path,
    *,
    text: str,
    expected: int,
    say: Say,
    patience: float = PATIENCE,
) -> None:
    """Run `command` in `folder` until it ends; `expected` bytes are the whole of the download.

    Raises DataError when the program is missing, fails, or writes nothing for `patience` seconds.
    """
    program = shutil.which(command[0])
    if program is None:
        raise DataError(f"{command[0]} is not installed")
    with tempfile.TemporaryFile() as log:
        # A session of its own: its helpers end with it, and Ctrl-C reaches only us.
        process = subprocess.Popen(  # noqa: S603  # constant commands, no shell
            [program, *command[1:]],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
        try:
            _watch(process, folder, text=text, expected=expected, say=say, patience=patience)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.returncode != 0:
            raise DataError(_complaint(log) or f"{command[0]} ended with {process.returncode}")


def _watch(
    process: subprocess.Popen[bytes],
    folder: Path,
    *,
    text: str,
    expected: int,
    say: Say,
    patience: float,
) -> None:
    written, since = 0, time.monotonic()
    while True:
        say(text, min(written / expected, 1.0))
        try:
            process.wait(LOOK)
        except subprocess.TimeoutExpired:
            pass
        else:
            return
        now = _size(folder)
        if now != written:
            written, since = now, time.monotonic()
        elif time.monotonic() - since > patience:
            raise DataError(f"nothing arrived for {patience:g} s")


def _size(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            # The program moves its files about while we look.
            try:
                total += os.lstat(os.path.join(parent, file)).st_size  # noqa: PTH118  # hot loop
            except FileNotFoundError:
                continue
    return total


def _complaint(log: BinaryIO) -> str:
    """Return the first line of the log that speaks of an error, without passwords."""
    log.seek(0)
    lines = log.read().decode(errors="replace").splitlines()
    first = next((line.strip() for line in lines if COMPLAINT.search(line)), "")
    return PASSWORD.sub("://***@", first).removeprefix("error: ")[:200]
