"""Standard output and standard error, whatever the caller has made of them."""

from __future__ import annotations

import io
import os
import sys

OUT, ERR = 1, 2


def prepare_streams() -> None:
    """Let what is said go nowhere where a stream is closed, and say ? for what it cannot encode."""
    if sys.stdout is None or sys.stderr is None:
        # Else the next file to be opened would get the number of the closed stream, and what is
        # said, by trainers, too.
        while (nowhere := os.open(os.devnull, os.O_RDWR)) <= ERR:
            os.set_inheritable(nowhere, True)  # a trainer wants them open, too
        os.close(nowhere)
        sys.stdout = sys.stdout or os.fdopen(OUT, "w", closefd=False)
        sys.stderr = sys.stderr or os.fdopen(ERR, "w", closefd=False)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="replace")
