"""Download one torchvision data set into the current folder: a program of its own.

torch stays out of the process that waits, the network timeout touches nobody else, and a download
that hangs can be ended.
"""

from __future__ import annotations

import socket
import sys

TIMEOUT = 10.0  # seconds for one connection or one read: a closed network should cost no more


def main(dataset: str) -> None:
    """Download class `dataset` of torchvision.datasets; exit with one line where that fails."""
    socket.setdefaulttimeout(TIMEOUT)
    try:
        from torchvision import datasets  # a failing import is an answer too

        getattr(datasets, dataset)(".", download=True)
    except (ImportError, OSError, RuntimeError) as error:
        # torchvision lists every mirror it tried; the last line says why the last one failed.
        sys.exit(f"error: {str(error).splitlines()[-1]}")


if __name__ == "__main__":
    main(sys.argv[1])
