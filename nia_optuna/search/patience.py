"""A database server that is away for a while: what was asked of it is asked again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

T = TypeVar("T")

OUTAGE_SECONDS = 600.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
AWAY = f"the database server is away: it is asked again for {OUTAGE_SECONDS / 60:g} minutes"


def patiently(do: Callable[[], T]) -> T:
    """Return what `do` returns, which may be done twice: an answer may have been lost.

    While the server is away, or ends the connection, it is tried again for ten minutes, with
    pauses that grow from a tenth of a second to ten. The first time is said on stderr.
    """
    ends, pause = None, FIRST_PAUSE
    while True:
        try:
            return do()
        except (DBAPIError, StorageInternalError) as error:
            if not _is_away(error):
                raise
            # An answer may take a minute not to come: pauses are not all that is waited.
            if ends is None:
                ends = time.monotonic() + OUTAGE_SECONDS
                sys.stderr.write(f"nia-optuna: {AWAY}\n")
            elif time.monotonic() >= ends:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _is_away(error: Exception) -> bool:
    """Return whether the server, not the request, is at fault; a deadlock is nobody's fault."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    broken = isinstance(cause, DBAPIError) and cause.connection_invalidated
    return broken or isinstance(cause, (OperationalError, InterfaceError))
