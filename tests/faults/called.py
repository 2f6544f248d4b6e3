"""The program as a user calls it: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from nia_optuna.cli.main import main

ROOT = Path(__file__).parents[2]

STUDY = '''
from nia_optuna import MLP, SGD, Budget, Recipe, Space, Synthetic, study


@study(
    dataset=Synthetic(shape=(1, 6, 6), classes=3, train=150, test=60),
    budget=Budget(trials=3, epochs=2, finalists=1, seeds=2),
)
def tiny(space: Space) -> Recipe:
    """Which width?"""
    return Recipe(MLP((space.integer("width", 4, 32, default=8),)), SGD(lr=0.1))
'''


@dataclass(frozen=True)
class Said:
    """What a call came to."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line on stderr, which says what went wrong."""
        return self.err.splitlines()[-1]


def called(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *words: object
) -> Said:
    """Call the program in this process."""
    monkeypatch.setattr(sys, "argv", ["nia-optuna", *map(str, words)])
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capfd.readouterr()
    return Said(int(ended.value.code or 0), out, err)


def program(*words: object) -> list[str]:
    """Return the line that starts the program."""
    return [sys.executable, "-m", "nia_optuna", *map(str, words)]


def environ(**more: str) -> dict[str, str]:
    """Return the environment in which another process finds this package."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def started(folder: Path, *words: object, before: Sequence[str] = (), **more: str) -> Said:
    """Call the program in a process of its own, in a folder; `before` is the line it stands in."""
    done = subprocess.run(
        [*before, *program(*words)],
        cwd=folder,
        env=environ(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def refused(said: Said, code: int, *parts: str, first: bool = True) -> None:
    """Check that a call was refused in one line, which has these parts.

    Where that is not the `first` line, what was done before was told.
    """
    assert said.code == code, said
    assert said.out == ""
    assert said.last.startswith("nia-optuna: "), said.err
    assert "Traceback" not in said.err
    assert said.err.count("nia-optuna: ") == 1, said.err
    assert said.err.count("\n") == 1 or not first, said.err
    for part in parts:
        assert part in said.last


def content(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by its path there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
