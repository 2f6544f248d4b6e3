"""A database server that is away for a while: what was asked of it is asked again."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from nia_optuna.search.interrupt import Interrupted, Wish

T = TypeVar("T")

OUTAGE_SECONDS = 600.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
# So long who wants to stop waits for a server that is away: it may be back in a moment.
LAST_SECONDS = 5.0
# So often who waits looks whether the pause is over, or the user wants to stop.
LOOK_SECONDS = 0.05
MINUTES = f"{OUTAGE_SECONDS / 60:g} minutes"
AWAY = f"the database server is away: it is asked again for {MINUTES}"

# No code comes with what libpq says of a connection that was not made. In other languages than
# English such a server is asked again like one that is away.
REFUSED = re.compile(
    r'(database|role) ".*" does not exist|authentication failed|no pg_hba.conf entry|'
    r"not permitted to log in"
)


class AwayError(StorageInternalError):
    """The server is away, and will be asked again."""


class OutageError(StorageInternalError):
    """The server has been away for too long: said in one line."""


@dataclass
class Patience:
    """What a process knows of its server: whether it is away, and when to ask it again.

    Pauses grow from a tenth of a second to ten; the first answer that does not come is said on
    stderr, unless the user wants to stop. After ten minutes nothing is waited for any more. Threads
    may share it.
    """

    wish: Wish = field(default_factory=Wish)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._again, self._pause = 0.0, FIRST_PAUSE

    @property
    def away(self) -> bool:
        """Whether the last answer did not come."""
        return self._since is not None

    def once(self, do: Callable[[], T]) -> T:
        """Return what `do` returns, which may be done twice: an answer may have been lost.

        Raises AwayError while the server is away, or ends the connection; within a pause it is not
        even asked, and not any more once the user has wanted to stop for five seconds. Raises
        OutageError where it has been away for ten minutes, or lets nobody in.
        """
        if self.away and not self._asks():
            raise AwayError
        try:
            done = do()
        except (AwayError, OutageError):
            raise
        except (DBAPIError, StorageInternalError) as error:
            if not _is_away(error):
                raise
            line = _line(error)
            if REFUSED.search(line):
                raise OutageError(f"the database server lets nobody in: {line}") from error
            raise self._noted(line) from error
        self._since = None
        return done

    def wait(self, do: Callable[[], T]) -> T:
        """Return what `do` returns, once the server is there.

        Raises Interrupted where the user has wanted to stop for five seconds, and OutageError after
        ten minutes.
        """
        while True:
            try:
                return self.once(do)
            except AwayError:
                if self._gives_up():
                    raise Interrupted from None
            time.sleep(LOOK_SECONDS)

    def _asks(self) -> bool:
        """Return whether a server that is away is to be asked now."""
        if self.wish.stop:
            return not self._gives_up()
        return time.monotonic() >= self._again

    def _gives_up(self) -> bool:
        return time.monotonic() >= self.wish.since + LAST_SECONDS

    def _noted(self, line: str) -> AwayError | OutageError:
        """Note that an answer did not come; return what to make of it; `line` says why."""
        with self._lock:
            # An answer may take a minute not to come: pauses are not all that is waited.
            now = time.monotonic()
            if self._since is None:
                self._since, self._pause = now, FIRST_PAUSE
                # Who wants to stop waits for seconds, and perhaps for another process.
                if not self.wish.stop:
                    sys.stderr.write(f"nia-optuna: {AWAY} ({line})\n")
            elif now >= self._since + OUTAGE_SECONDS:
                return OutageError(f"the database server was away for {MINUTES} ({line})")
            else:
                self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self._again = now + self._pause
            return AwayError()


def _is_away(error: Exception) -> bool:
    """Return whether the server, not the request, is at fault; a deadlock is nobody's fault."""
    return any(
        isinstance(cause, (OperationalError, InterfaceError))
        or (isinstance(cause, DBAPIError) and cause.connection_invalidated)
        for cause in _causes(error)
    )


def _line(error: Exception) -> str:
    """Return the first line of what the driver said."""
    said = [str(cause.orig) for cause in _causes(error) if isinstance(cause, DBAPIError)]
    return "\n".join(said).strip().partition("\n")[0]


def _causes(error: Exception) -> list[BaseException]:
    """Return an error and what it came of."""
    # Optuna wraps what SQLAlchemy raises, and may itself have asked again in vain.
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and cause not in causes:
        causes.append(cause)
    return causes
