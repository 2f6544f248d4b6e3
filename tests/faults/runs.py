"""Real runs, as processes that may be side by side, and what they say."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 300


@dataclass(frozen=True)
class Running:
    """A run, and the file that has what it says."""

    process: subprocess.Popen[str]
    file: Path

    @property
    def said(self) -> str:
        return self.file.read_text()

    def end(self) -> str:
        """Wait for its good end; return what it said."""
        assert self.process.wait(PATIENCE) == 0, self.said
        return self.said


@contextmanager
def running(folder: Path, *words: str) -> Iterator[Running]:
    """Start `nia-optuna run` in a folder; it ends with the context."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "nia_optuna", "run", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    file = folder / "said"
    with (
        file.open("a") as said,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=said, stderr=said, text=True
        ) as process,
    ):
        try:
            yield Running(process, file)
        finally:
            process.terminate()


def ran(folder: Path, *words: str) -> str:
    """Carry a run out in a folder; return what it said."""
    with running(folder, *words) as one:
        return one.end()
