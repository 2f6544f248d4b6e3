from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CLOSED = "http://127.0.0.1:9"  # nobody listens on the discard port


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Real commands, but no npm and no apt-get to be found and no network to be reached."""
    nothing = tmp_path / "no-programs"
    nothing.mkdir()
    monkeypatch.setenv("PATH", str(nothing))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, CLOSED)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def draw() -> Callable[..., None]:
    """Write `count` different pictures of `size` (width, height) into a new class folder."""

    def write(
        folder: Path, count: int, *, size: tuple[int, int] = (6, 4), mode: str = "RGB"
    ) -> None:
        folder.mkdir(parents=True)
        channels = {"RGB": (3,), "RGBA": (4,), "L": ()}[mode]
        for number in range(count):
            rng = np.random.default_rng([number, *os.fsencode(str(folder))])
            pixels = rng.integers(0, 256, (size[1], size[0], *channels), np.uint8)
            Image.fromarray(pixels).save(folder / f"{number:03}.png")

    return write


@pytest.fixture
def pictures(draw: Callable[..., None], tmp_path: Path) -> Path:
    """A folder with train1, train2, validation and test of two classes, in RGB."""
    folder = tmp_path / "pictures"
    for part, count in {"train1": 3, "train2": 2, "validation": 2, "test": 1}.items():
        for name in ("000_cat", "001_dog"):
            draw(folder / part / name, count)
    return folder
