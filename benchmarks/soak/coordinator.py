"""One `nia-optuna run` after the other with the same command, and its trainers."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.soak import words

ROOT = Path(__file__).parents[2]
QUESTION = Path(__file__).with_name("question.py")


@dataclass
class Coordinator:
    """A process that runs `line`, begun again whenever it was killed.

    What it says goes to a file of `folder`, one a process. `troubles` are ends that no kill
    explains; `gave_up` counts those at which it said that too many trainers had been killed.
    """

    line: Sequence[str]
    folder: Path
    said: list[Path] = field(default_factory=list)
    through: bool = False
    gave_up: int = 0
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self._process = self._begin()
        self._killed = False

    @property
    def stage(self) -> str:
        """What it is at, see words.stage."""
        return words.stage(self.said[-1].read_text())

    @property
    def ends(self) -> list[words.End]:
        """The ends of trials that any of its processes has told of."""
        return [end for file in self.said for end in words.ends(file.read_text())]

    def trainers(self) -> list[int]:
        """Return its trainers by their process ids, see trainers_of."""
        return trainers_of(self._process.pid)

    def kill(self) -> bool:
        """End it as nothing can be prepared for, if it has not ended; `mind` begins it again."""
        if self._process.poll() is not None:
            return False
        self._killed = True
        self._process.kill()
        self._process.wait()
        return True

    def mind(self) -> None:
        """Begin it again if it was killed; note whether it is through."""
        code = self._process.poll()
        if self.through or code is None:
            return
        last = words.last_line(self.said[-1].read_text())
        if code == 0:
            self.through = True
        elif code == -signal.SIGKILL and self._killed:
            self._process, self._killed = self._begin(), False
        elif code == 1 and "SIGKILL" in last:
            # So it is meant to: trainers that die at their start, or ten failures in a row.
            self.gave_up += 1
            self._process = self._begin()
        else:
            self.through = True
            self.troubles.append(f"a coordinator ended with exit code {code}: {last}")

    def close(self) -> None:
        """End it for good."""
        self._process.kill()
        self._process.wait()

    def _begin(self) -> subprocess.Popen[bytes]:
        self.said.append(self.folder / f"{len(self.said)}.txt")
        with self.said[-1].open("wb") as file:
            return subprocess.Popen(self.line, cwd=ROOT, stdout=file, stderr=file)  # noqa: S603  # ours


def line(study: str, url: str, folder: Path, seed: int) -> list[str]:
    """Return the command of every coordinator of a study, its runs and data in `folder`."""
    place = [
        "--storage",
        url,
        "--runs-dir",
        str(folder / "runs"),
        "--data-dir",
        str(folder / "data"),
    ]
    asked = ["--name", study, "--seed", str(seed), "--workers", "2", "--device", "cpu"]
    module = "benchmarks.soak.hasty"
    return [sys.executable, "-m", module, "run", str(QUESTION), *asked, *place]


def trainers_of(pid: int) -> list[int]:
    """Return the trainers of a coordinator: forked by a process that it has started."""
    return [each for child in children(pid) for each in children(child)]


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that live; none of one that is gone."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, file.read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
