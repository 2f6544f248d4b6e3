"""Memory that a training frees stays with its process."""

from __future__ import annotations

import ctypes
from functools import cache

# Of glibc's malloc.h: what is given back to the system, and what is asked from it piece by piece.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_HEAP_PIECE = 32 * 2**20  # bytes; glibc takes no more
KEPT = 2**31 - 1  # bytes


@cache
def keep_freed_memory() -> bool:
    """Let this process keep freed memory for its next tensors; return whether it can be told to.

    A step of training frees all that it asked for. By default glibc gives large pieces back to the
    system, which fills them with zeros, page by page, when the next step asks for them.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is None:
        return False  # another C library, which has its own ways
    return bool(tell(M_MMAP_THRESHOLD, LARGEST_HEAP_PIECE) and tell(M_TRIM_THRESHOLD, KEPT))
