"""The search: ask, watch epochs, prune, tell, until the budget is spent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from nia_optuna.search.crew import Crew, KindOf, side_by_side
from nia_optuna.search.executor import Executor
from nia_optuna.search.interrupt import Wish
from nia_optuna.search.ledger import DrawError, Ledger, Open
from nia_optuna.search.protocol import (
    Broken,
    Crowded,
    Failed,
    Finished,
    Lost,
    Message,
    Run,
    Start,
    Stop,
    Train,
    Trained,
)
from nia_optuna.search.watch import Advanced, Ended, EndState, Said, Started, Watch
from nia_optuna.training.stacked.kind import Kind

# So many failures in a row say that the study is broken, not one configuration of it.
MOST_FAILURES = 10
POLL_SECONDS = 0.25
BRIEF_SECONDS = 0.01
# So many trials are drawn ahead where nothing is lost by it, to find those that are alike.
LOOKAHEAD = 64


class SearchError(RuntimeError):
    """The search cannot go on: said in one line."""


@dataclass(frozen=True)
class _Ready:
    """A trial that has been asked for and waits for a trainer; `blind` is the ledger's word."""

    opened: Open
    start: Start
    kind: Kind
    blind: bool


@dataclass
class Coordinator:
    """Runs the trials of one study until its budget is spent, its timeout is over, or `wish`.

    Trials are asked ahead, and in a thread of their own: a model of the space takes up to a second
    to ask, in which neither a free trainer nor an epoch to be judged should wait. Those that can be
    one stack begin side by side, and join one that has room.
    """

    ledger: Ledger
    executor: Executor
    watch: Watch
    wish: Wish
    kind_of: KindOf

    def __post_init__(self) -> None:
        self._running: dict[Run, Open] = {}
        self._crews: dict[Run, Crew] = {}
        self._ready: list[_Ready] = []
        self._asking: Future[_Ready] | None = None
        self._kinds: Counter[Kind] = Counter()
        self._blind = False
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
                    ended = self._take()
                    self._give()
                    if self._asking is None and self._wanted(missing):
                        self._asking = asker.submit(self._ask)
                    for worker, message in self._poll():
                        ended = self._heed(worker, message) or ended
                    if ended:
                        missing = self.ledger.missing()
        finally:
            # What runs, and what was asked ahead or half asked, waits for the next run.
            for run in self._running:
                self.executor.send(Stop(run))
            self.ledger.reap()

    def _ask(self) -> _Ready:
        opened = self.ledger.ask()
        start = self.ledger.start_trial(opened.run, opened.recipe)
        return _Ready(opened, start, self.kind_of(start), self.ledger.blind())

    def _take(self) -> bool:
        """Take in what was asked; return whether that could not even be begun."""
        if self._asking is None or not self._asking.done():
            return False
        asked, self._asking = self._asking, None
        try:
            ready = asked.result()
        except DrawError as error:
            best, done = self.ledger.best(), self.ledger.finished()
            self.watch(Ended(*error.run, "failed", None, best, done, str(error)))
            self._count_failure(str(error))
            return True
        self._ready.append(ready)
        self._blind = ready.blind
        self._kinds[ready.kind] += 1
        return False

    def _wanted(self, missing: int) -> bool:
        """Return whether to ask for a trial more, of those that are missing."""
        begun = len(self._running) + len(self._ready)
        if begun >= missing:
            return False
        if self._blind:
            return len(self._ready) < LOOKAHEAD
        # One waits for whoever is free first. More would be drawn from a model that knows less; a
        # stack is worth that, up to a tenth of all trials.
        more = self.ledger.study.budget.trials // 10 if self._alike() else 0
        return begun <= len(self.executor.devices) + more

    def _alike(self) -> bool:
        """Return whether most trials so far could be one stack, and would gain from it."""
        kind, count = self._kinds.most_common(1)[0] if self._kinds else (Kind(), 0)
        return kind.pays and count > 1 and count >= self._kinds.total() / 2

    def _give(self) -> None:
        """Begin what waits: on free trainers, else beside what already trains."""
        while self._ready and self.executor.free:
            waiting = [(each.start, each.kind) for each in self._ready]
            starts = side_by_side(waiting, self.executor.free)
            crew = Crew(self._ready[0].kind)
            together = len(starts) > 1 or self._alike()
            self._begin(starts, crew if together else Crew(Kind()))
            self.executor.send(Train(tuple(starts), open=together))
        for each in list(self._ready):
            for run, crew in self._crews.items():
                if crew.takes(each.start, each.kind):
                    self._begin([each.start], crew)
                    self.executor.send(Train((each.start,), beside=run))
                    break

    def _begin(self, starts: Sequence[Start], crew: Crew) -> None:
        for start in starts:
            (ready,) = (each for each in self._ready if each.start is start)
            self._ready.remove(ready)
            opened = ready.opened
            self._running[opened.run] = opened
            self._crews[opened.run] = crew
            crew.trainings[opened.run] = len(start.chances)
            params, epochs = opened.trial.params, start.training.epochs
            self.watch(Started(*opened.run, params, opened.baseline, epochs))

    def _part(self, run: Run) -> Open:
        """Return what ran, which runs no more."""
        del self._crews.pop(run).trainings[run]
        return self._running.pop(run)

    def _poll(self) -> list[tuple[int, Message]]:
        """Return what came in; with a trainer free, look again as soon as a trial may be there."""
        asking = self._asking if self._asking and not self._asking.done() else None
        if asking and not self._running:
            wait([asking], POLL_SECONDS)
            return self.executor.poll(0)
        return self.executor.poll(BRIEF_SECONDS if asking and self.executor.free else POLL_SECONDS)

    def _heed(self, worker: int, message: Message) -> bool:
        """Do what a message asks for; return whether it ended a trial."""
        opened = self._running.get(message.run)
        if opened is None:
            # The last words of a training that was pruned.
            return False
        opened.worker, opened.device = worker, self.executor.devices[worker]
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
            case Crowded(reason=why):
                self._crowded(opened, worker, why)
            case Broken(reason=why):
                raise SearchError(f"trial {opened.run.trial} was put back: {why}")
        return message.run not in self._running

    def _lose(self, opened: Open, why: str) -> None:
        if self.wish.stop:
            # What ends this process may end the trainers too: the trial waits, at no cost.
            return
        if self.ledger.lost(opened, why):
            self._part(opened.run)
            self.watch(Said(f"trial {opened.run.trial}: {why}; it will be tried again"))
            return
        self._end(opened, "failed", None, why)
        self._count_failure(why)

    def _crowded(self, opened: Open, worker: int, why: str) -> None:
        if not self.executor.retire(worker):
            self.ledger.fail(opened, why)
            self._end(opened, "failed", None, why)
            self._count_failure(why)
            return
        self._part(opened.run)
        self.ledger.put_back(opened)
        self.watch(
            Said(f"trial {opened.run.trial}: {why}; it will be tried again with a trainer fewer")
        )

    def _end(self, opened: Open, state: EndState, value: float | None, why: str = "") -> None:
        self._part(opened.run)
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
