"""One peer against the clock: started, listened to, and ended with everything it started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue

from benchmarks.study.examples import write_examples
from benchmarks.study.space import Question

PATIENCE = 20  # seconds between asking a peer to end and making it end
LAST_LINES = 15


class PeerError(RuntimeError):
    """A peer did not do its part: it ended by itself, or finished nothing; said in a few lines."""


@dataclass(frozen=True)
class Epoch:
    """A trial has finished an epoch, so many seconds after the peer's process was started."""

    seconds: float
    trial: int
    accuracy: float


def race(
    question: Question,
    module: str,
    seed: int,
    *,
    cap: float,
    most: int | None = None,
) -> list[Epoch]:
    """Return the epochs of the peer that is `module`, in folders that are gone afterwards.

    The examples are written before the clock starts. See `timed` for the rest.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        examples, scratch = Path(folder, "examples"), Path(folder, "scratch")
        examples.mkdir()
        scratch.mkdir()
        write_examples(question, seed, examples)
        command = [sys.executable, "-m", f"benchmarks.study.{module}", question.name]
        command += ["--examples", str(examples), "--scratch", str(scratch), "--seed", str(seed)]
        return timed(command, cap=cap, most=most, log=Path(folder, "log"))


def timed(command: Sequence[str], *, cap: float, log: Path, most: int | None = None) -> list[Epoch]:
    """Return the epochs that a command says in `cap` seconds, the first `most` of them.

    What else it has to say goes to `log`. Raises PeerError where it ends before.
    """
    with log.open("w") as said:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603  # our own modules
            command,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            process_group=0,  # so that its own processes can be ended with it
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "RAY_USAGE_STATS_ENABLED": "0"},
        )
        epochs: list[Epoch] = []
        try:
            for epoch in heard(process, began, cap):
                epochs.append(epoch)
                if len(epochs) == most:
                    return epochs
        finally:
            end(process)
    if time.monotonic() - began < cap:
        last = log.read_text(errors="replace").strip().splitlines()[-LAST_LINES:]
        raise PeerError("\n".join([f"{' '.join(command)} ended by itself:", *last]))
    return epochs


def heard(process: subprocess.Popen[str], began: float, cap: float) -> Iterator[Epoch]:
    """Yield what a peer says as it says it, until it ends or the cap is reached."""
    lines: Queue[Epoch | ValueError | None] = Queue()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            try:
                lines.put(Epoch(seconds=time.monotonic() - began, **json.loads(line)))
            except ValueError as error:
                lines.put(error)
        lines.put(None)

    threading.Thread(target=listen, daemon=True).start()
    while (left := began + cap - time.monotonic()) > 0:
        try:
            epoch = lines.get(timeout=left)
        except Empty:
            return
        if isinstance(epoch, ValueError):
            raise PeerError(f"a peer said what is no epoch: {epoch}")
        if epoch is None:
            return
        yield epoch


def end(process: subprocess.Popen[str]) -> None:
    """End the peer's whole process group, first politely: Ray then takes its servers down."""
    for wish in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, wish)
            process.wait(PATIENCE)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()
