"""A coordinator that kills itself at one exact point: `python -m … POINT URL FOLDER LEASE`."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path
from typing import NoReturn

import optuna
from optuna.trial import FrozenTrial, Trial

from nia_optuna.search.asked import DrawError, Open
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.run import Place, run
from nia_optuna.search.runs import Runs
from nia_optuna.search.shared_writer import SharedWriter
from nia_optuna.search.sole_writer import SoleWriter
from nia_optuna.search.watch import Advanced, Event
from tests.search.small import TWO_PROCESSES, small

DRAWN = 2  # behind the two baselines comes the first trial that the sampler draws


def die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody lives on")


def claimed() -> None:
    """A trial is begun in the storage, and nothing is proposed for it yet."""
    ask = Ledger._ask  # noqa: SLF001

    def struck(self: Ledger, trial: Trial) -> Open:
        return die() if trial.number == DRAWN else ask(self, trial)

    Ledger._ask = struck  # type: ignore[method-assign]  # noqa: SLF001


def asked() -> None:
    """A trial has its draw, and no epoch of it is trained yet."""
    ask = Ledger.ask_many

    def struck(self: Ledger, count: int) -> list[Open | DrawError]:
        opened = ask(self, count)
        numbers = [each.run.trial for each in opened]
        return die() if DRAWN in numbers else opened

    Ledger.ask_many = struck  # type: ignore[method-assign]


def counted() -> None:
    """The trainer of a trial has died; that attempt is being counted, and the trial put back."""
    Ledger._put_back = die  # type: ignore[assignment,method-assign]  # noqa: SLF001


def ended() -> None:
    """A trial has ended, and the storage has not heard of it yet."""
    for writer in (SoleWriter, SharedWriter):
        writer._end = partialmethod(struck_at_end, writer._end)  # type: ignore[assignment]  # noqa: SLF001


def struck_at_end(
    self: SoleWriter, tell: Callable[[SoleWriter, FrozenTrial], None], trial: FrozenTrial
) -> None:
    if trial.number == DRAWN:
        die()
    tell(self, trial)


POINTS: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (claimed, asked, counted, ended)
}


def watch(event: Event) -> None:
    """Kill the trainers behind the first epoch, where that is to be struck."""
    if isinstance(event, Advanced) and Ledger._put_back is die:  # noqa: SLF001
        for child in multiprocessing.active_children():
            child.kill()


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    point, url, folder, lease = sys.argv[1:]
    POINTS[point]()
    place = Place(Runs(Path(folder) / "runs"), Path(folder) / "data", url, lease=float(lease))
    run(small, place, TWO_PROCESSES, watch)
