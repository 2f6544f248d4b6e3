"""The dashboard, asked as a browser asks that has a study open."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import IO
from urllib.parse import urlsplit

from benchmarks.load.taken import environment, program

UNENDED = ("Running", "Waiting")


@contextmanager
def dashboard(folder: Path, *words: str, errors: IO[str] | None = None) -> Iterator[str]:
    """Serve the studies of a folder; yields host and port. Its stderr goes to `errors`."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(  # noqa: S603  # our own program
        program("dashboard", "--port", str(port), *words),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    ) as serving:
        try:
            assert serving.stdout is not None
            yield urlsplit(serving.stdout.readline().split()[2]).netloc
        finally:
            serving.terminate()


def get(server: str, path: str) -> bytes:
    """Return what the dashboard answers; raises RuntimeError where that is an error."""
    connection = http.client.HTTPConnection(server, timeout=120)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
    return body


def known(study: bytes) -> int:
    """Return which trial of an answer a browser asks for again: the first that has not ended."""
    trials = json.loads(study)["trials"]
    return next((k for k, t in enumerate(trials) if t["state"] in UNENDED), len(trials))
