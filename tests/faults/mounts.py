"""Disks that are full, and places that cannot be written to: real ones, if they can be mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Let nobody write to a file or into a folder, not even root."""
    if os.geteuid() != 0:
        before = path.stat().st_mode
        path.chmod(before & ~0o222)
        yield
        path.chmod(before)
        return
    with _mounted("--bind", path, path):
        _run("mount", "-o", "remount,bind,ro", path)
        yield


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Put a disk of its own with so many bytes where an empty folder is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _mounted("-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", folder):
        yield


def fill(folder: Path, leave: int = 0) -> Path:
    """Fill a disk but for so many bytes; return the file that takes the room."""
    ballast = folder / "ballast"
    room = shutil.disk_usage(folder).free - leave
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room)
    return ballast


@contextmanager
def _mounted(*words: str | Path) -> Iterator[None]:
    if os.geteuid() != 0 or shutil.which("mount") is None or _run("mount", *words):
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        # What was started in it may take a moment to go.
        if _run("umount", words[-1]):
            _run("umount", "--lazy", words[-1])


def _run(program: str, *words: str | Path) -> int:
    line = [shutil.which(program) or program, *words]
    return subprocess.run(line, check=False, capture_output=True).returncode
