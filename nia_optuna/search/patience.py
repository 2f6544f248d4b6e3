"""A database server that is away for a while: what was asked of it is asked again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

T = TypeVar("T")

OUTAGE_SECONDS = 600.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0


def patiently(do: Callable[[], T]) -> T:
    """Return what `do` returns, which may be done twice: an answer may have been lost.

    While the server is away, or ends the connection, it is tried again for ten minutes, with
    pauses that grow from a tenth of a second to ten.
    """
    waited, pause = 0.0, FIRST_PAUSE
    while True:
        try:
            return do()
        except (DBAPIError, StorageInternalError) as error:
            if not _is_away(error) or waited >= OUTAGE_SECONDS:
                raise
        time.sleep(pause)
        waited, pause = waited + pause, min(2 * pause, LONGEST_PAUSE)


def _is_away(error: Exception) -> bool:
    """Return whether the server, not the request, is at fault; a deadlock is nobody's fault."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    broken = isinstance(cause, DBAPIError) and cause.connection_invalidated
    return broken or isinstance(cause, (OperationalError, InterfaceError))
