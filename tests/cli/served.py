"""Dashboards in processes of their own, for tests to ask as a browser or anybody else would."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = "import typer; from nia_optuna.cli.dashboard import dashboard; typer.run(dashboard)"


@dataclass(frozen=True)
class Served:
    """A dashboard; `address` is what it printed, `stderr` what it said beside it."""

    host: str
    port: int
    address: str
    process: subprocess.Popen[str]

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        connection.request(method, path, body, headers={**headers})
        answer = connection.getresponse()
        found = (answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        connection.close()
        return found

    def end(self) -> str:
        """Stop it and return what it said on stderr."""
        self.process.terminate()
        return self.process.communicate(timeout=60)[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(runs: Path, *words: str, host: str = "127.0.0.1") -> Iterator[Served]:
    port = free_port()
    options = ["--runs-dir", str(runs), "--port", str(port), "--host", host, *words]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline().split()
            assert said[:2] == ["dashboard", "at"], process.communicate()[1]
            yield Served(host, port, said[2], process)
        finally:
            process.terminate()
