"""Which of several coordinators carries out what comes after the search; the others wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nia_optuna.search.interrupt import Wish
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.watch import Said, Watch

# So often a coordinator looks whether the one that confirms still lives.
TURN_SECONDS = 1.0


def my_turn(ledger: Ledger, due: Callable[[], bool], watch: Watch, wish: Wish) -> bool:
    """Return whether what is due is for this coordinator to do, once that is known.

    One of several that share a study does it, once none of them searches. The others wait: they
    take over if that one dies.
    """
    waits = False
    while not wish.stop:
        ledger.keep_up()
        if not due():
            return False
        # The time of this one may be over, and that of others not; what the dead had is put back.
        others_search = ledger.missing() > 0 and ledger.others_search()
        if not others_search and ledger.take_stages():
            ledger.keep_up()
            if due():
                return True
            ledger.leave_stages()
            return False
        if not waits:
            does = "searches on" if others_search else "carries out what comes after the search"
            watch(Said(f"another coordinator {does}: waiting"))
        waits = True
        time.sleep(TURN_SECONDS)
    return False


@contextmanager
def stages(ledger: Ledger) -> Iterator[None]:
    """Let another coordinator carry out what comes after the search once this one has left."""
    try:
        yield
    finally:
        ledger.leave_stages()
