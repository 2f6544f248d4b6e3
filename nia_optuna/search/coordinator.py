"""The search: ask, watch epochs, prune, tell, until the budget is spent."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from nia_optuna.search.executor import Executor
from nia_optuna.search.interrupt import Wish
from nia_optuna.search.ledger import DrawError, Ledger, Open
from nia_optuna.search.protocol import (
    Broken,
    Failed,
    Finished,
    Lost,
    Message,
    Run,
    Stop,
    Trained,
)
from nia_optuna.search.watch import Advanced, Ended, EndState, Said, Started, Watch

# So many failures in a row say that the study is broken, not one configuration of it.
MOST_FAILURES = 10
POLL_SECONDS = 0.25
BRIEF_SECONDS = 0.01


class SearchError(RuntimeError):
    """The search cannot go on: said in one line."""


@dataclass
class Coordinator:
    """Runs the trials of one study until its budget is spent, its timeout is over, or `wish`.

    One trial is always asked ahead, and in a thread of its own: a model of the space takes up to
    a second to ask, in which neither a free trainer nor an epoch to be judged should wait.
    """

    ledger: Ledger
    executor: Executor
    watch: Watch
    wish: Wish

    def __post_init__(self) -> None:
        self._running: dict[Run, Open] = {}
        self._ahead: Future[Open] | None = None
        self._failures = 0

    def search(self) -> None:
        """Finish trials until none is missing; what runs when it must stop waits in the storage.

        Raises SearchError after ten failures in a row.
        """
        budget = self.ledger.study.budget
        ends = time.monotonic() + budget.timeout if budget.timeout else float("inf")
        missing = self.ledger.missing()
        try:
            with ThreadPoolExecutor(1, thread_name_prefix="ask") as asker:
                while missing > 0 and not self.wish.stop and time.monotonic() < ends:
                    ended = self._fill(missing, asker)
                    for worker, message in self._poll():
                        ended = self._heed(worker, message) or ended
                    if ended:
                        missing = self.ledger.missing()
        finally:
            # What runs, and what was asked ahead or half asked, waits for the next run.
            for run in self._running:
                self.executor.send(Stop(run))
            self.ledger.reap()

    def _fill(self, missing: int, asker: ThreadPoolExecutor) -> bool:
        """Start what was asked ahead on a free trainer, and ask again; never more than missing.

        Returns whether what was asked could not even be started.
        """
        broken = False
        if self._ahead and self._ahead.done() and self.executor.free:
            asked, self._ahead = self._ahead, None
            try:
                self._start(asked.result())
            except DrawError as error:
                best, done = self.ledger.best(), self.ledger.finished()
                self.watch(Ended(*error.run, "failed", None, best, done, str(error)))
                self._count_failure(str(error))
                broken = True
        if not broken and self._ahead is None and len(self._running) < missing:
            self._ahead = asker.submit(self.ledger.ask)
        return broken

    def _poll(self) -> list[tuple[int, Message]]:
        """Return what came in; with a trainer free, look again as soon as a trial may be there."""
        asking = self._ahead if self._ahead and not self._ahead.done() else None
        if asking and not self._running:
            wait([asking], POLL_SECONDS)
            return self.executor.poll(0)
        return self.executor.poll(BRIEF_SECONDS if asking and self.executor.free else POLL_SECONDS)

    def _start(self, opened: Open) -> None:
        self._running[opened.run] = opened
        order = self.ledger.start_trial(opened.run, opened.recipe)
        self.executor.send(order)
        epochs = order.training.epochs
        self.watch(Started(*opened.run, opened.trial.params, opened.baseline, epochs))

    def _heed(self, worker: int, message: Message) -> bool:
        """Do what a message asks for; return whether it ended a trial."""
        opened = self._running.get(message.run)
        if opened is None:
            # The last words of a training that was pruned.
            return False
        opened.worker = worker
        match message:
            case Trained(epoch=epoch):
                self.watch(Advanced(*opened.run, epoch))
                if self.ledger.report(opened, epoch):
                    self.executor.send(Stop(opened.run))
                    self._end(opened, "pruned", self.ledger.prune(opened))
            case Finished():
                self._end(opened, "complete", self.ledger.complete(opened, message))
            case Failed(reason=why, repeats=repeats):
                self.ledger.fail(opened, why, repeats)
                self._end(opened, "failed", None, why)
                self._count_failure(why)
            case Lost(reason=why):
                self._lose(opened, why)
            case Broken(reason=why):
                raise SearchError(f"trial {opened.run.trial} was put back: {why}")
        return message.run not in self._running

    def _lose(self, opened: Open, why: str) -> None:
        if self.wish.stop:
            # What ends this process may end the trainers too: the trial waits, at no cost.
            return
        if self.ledger.lost(opened, why):
            del self._running[opened.run]
            self.watch(Said(f"trial {opened.run.trial}: {why}; it will be tried again"))
            return
        self._end(opened, "failed", None, why)
        self._count_failure(why)

    def _end(self, opened: Open, state: EndState, value: float | None, why: str = "") -> None:
        del self._running[opened.run]
        if state != "failed":
            self._failures = 0
        self.watch(
            Ended(*opened.run, state, value, self.ledger.best(), self.ledger.finished(), why)
        )

    def _count_failure(self, why: str) -> None:
        self._failures += 1
        # A grid has an end, and cells side by side that fail alike.
        if self._failures >= MOST_FAILURES and self.ledger.study.sampler != "grid":
            raise SearchError(f"{self._failures} trials failed in a row, the last with: {why}")
