"""The search: ask, watch epochs, prune, tell, until the budget is spent."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from nia_optuna.search.asked import Open
from nia_optuna.search.asker import Asker
from nia_optuna.search.crew import Crew, KindOf, joined, may_pass, side_by_side
from nia_optuna.search.executor import Executor, is_last
from nia_optuna.search.interrupt import Wish
from nia_optuna.search.ledger import Ledger
from nia_optuna.search.protocol import (
    Broken,
    Crowded,
    Failed,
    Finished,
    Judged,
    Lost,
    Message,
    Run,
    Start,
    Stop,
    Train,
    Trained,
)
from nia_optuna.search.sole_writer import OvertakenError
from nia_optuna.search.watch import Advanced, Ended, EndState, Said, Started, Watch
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.stacked.kind import Kind

# So many failures in a row say that the study is broken, not one configuration of it.
MOST_FAILURES = 10
POLL_SECONDS = 0.25
BRIEF_SECONDS = 0.01


class SearchError(RuntimeError):
    """The search cannot go on: said in one line."""


@dataclass
class Coordinator:
    """Runs the trials of one study until its budget is spent, its timeout is over, or `wish`.

    Trials that can be one stack begin side by side, and join one that has room.
    """

    ledger: Ledger
    executor: Executor
    watch: Watch
    wish: Wish
    kind_of: KindOf

    def __post_init__(self) -> None:
        self._asker = Asker(self.ledger, self.kind_of)
        self._running: dict[Run, Open] = {}
        self._crews: dict[Run, Crew] = {}
        self._judged: list[Judged] = []
        self._failures = 0

    def search(self) -> None:
        """Finish trials until none is missing; what runs when it must stop waits in the storage.

        Raises SearchError after ten failures in a row.
        """
        budget = self.ledger.study.budget
        ends = time.monotonic() + budget.timeout if budget.timeout else float("inf")
        missing = self.ledger.missing()
        try:
            while missing > 0 and not self.wish.stop and time.monotonic() < ends:
                if self._collect() | self.ledger.keep_up():
                    missing = self.ledger.missing()
                self._let_go()
                self._give()
                self._let_go_on()
                trainers = self.executor.free + self.executor.busy
                left = missing - self.ledger.elsewhere()
                self._asker.ask(missing=left, running=len(self._running), trainers=trainers)
                if self._heed_all(self._poll()):
                    missing = self.ledger.missing()
        finally:
            for run in self._running:
                self.executor.send(Stop(run))
            self._asker.close()
            # What ran, and what was asked ahead or half asked, waits for the next run.
            self.ledger.reap()

    def _collect(self) -> bool:
        """Take in what was asked; return whether any of it could not even be begun."""
        errors = self._asker.collect()
        for error in errors:
            best, done = self.ledger.best(), self.ledger.finished()
            self.watch(Ended(*error.run, "failed", None, best, done, str(error)))
            self._count_failure(str(error))
        return bool(errors)

    def _let_go(self) -> None:
        """Give up the trials that other coordinators have taken over."""
        for opened in self.ledger.overtaken(self._running.values()):
            self.executor.send(Stop(opened.run))
            self._lose_to_others(opened)
        ready = [each.opened for each in self._asker.ready]
        for opened in self.ledger.overtaken(ready):
            self._asker.drop(opened)
            self.ledger.release(opened.run)

    def _lose_to_others(self, opened: Open) -> None:
        if opened.run in self._running:
            self._part(opened.run)
        self.watch(
            Said(
                f"trial {opened.run.trial} is in other hands: "
                "this process was silent for longer than its lease"
            )
        )

    def _give(self) -> None:
        """Begin what waits: on free trainers, else beside what already trains."""
        ready = self._asker.ready
        while ready and self.executor.free:
            waiting = [(each.start, each.kind) for each in ready]
            starts = tuple(side_by_side(waiting, self.executor.free))
            first = ready[0].kind
            together = len(starts) > 1 or (self._asker.alike > 0 and first.key is not None)
            self._begin(starts, Crew(first if together else Kind()))
            self.executor.send(Train(starts, open=together))
            ready = self._asker.ready
        for each in ready:
            if not may_pass(ready[0].start, each.start, each.kind):
                break
            crew = joined(self._crews.values(), each.start, each.kind)
            if crew is not None:
                beside = next(iter(crew.trainings))
                self._begin((each.start,), crew)
                # Open, because whom it was to join may have ended on the way.
                self.executor.send(Train((each.start,), beside=beside, open=True))

    def _let_go_on(self) -> None:
        """Say of what was judged that it goes on, with those that were sent to join it."""
        for judged in self._judged:
            self.executor.send(judged)
        self._judged = []

    def _begin(self, starts: Sequence[Start], crew: Crew) -> None:
        taken = self._asker.take(starts)
        self.ledger.note_inline(each.opened for each in taken)
        for each in taken:
            opened, start = each.opened, each.start
            self._running[opened.run] = opened
            opened.begun = time.time()
            self._crews[opened.run] = crew
            crew.trainings[opened.run] = len(start.chances)
            epochs = start.training.epochs
            self.watch(Started(*opened.run, opened.trial.params, opened.baseline, epochs))

    def _part(self, run: Run) -> Open:
        """Return what ran, which runs no more."""
        del self._crews.pop(run).trainings[run]
        return self._running.pop(run)

    def _poll(self) -> list[tuple[int, Message]]:
        """Return what came in; with a trainer free, look again as soon as a trial may be there."""
        if self._asker.busy and not self._running:
            self._asker.wait(POLL_SECONDS)
            return self.executor.poll(0)
        hurry = self._asker.busy and self.executor.free
        return self.executor.poll(BRIEF_SECONDS if hurry else POLL_SECONDS)

    def _heed_all(self, messages: Sequence[tuple[int, Message]]) -> bool:
        """Do what all messages ask for, in their order; return whether any ended a trial.

        Epochs that came in a row are recorded at once: a stack tells many at a time.
        """
        ended, epochs = False, list[tuple[Open, Epoch]]()
        for worker, message in messages:
            opened = self._running.get(message.run)
            if opened is None:
                # The last words of a training that was pruned, or taken over.
                if is_last(message):
                    self.ledger.release(message.run)
                continue
            opened.worker, opened.device = worker, self.executor.devices[worker]
            if isinstance(message, Trained):
                epochs.append((opened, message.epoch))
                continue
            ended = self._report(epochs) or ended
            epochs = []
            if message.run in self._running:
                try:
                    self._heed(opened, worker, message)
                except OvertakenError:
                    self._lose_to_others(opened)
                    self.ledger.release(opened.run)
                ended = ended or message.run not in self._running
        return self._report(epochs) or ended

    def _report(self, epochs: Sequence[tuple[Open, Epoch]]) -> bool:
        """Record epochs; return whether any of their trials was given up."""
        if not epochs:
            return False
        for opened, epoch in epochs:
            self.watch(Advanced(*opened.run, epoch))
        pruned = self.ledger.report_all(epochs)
        self._judged += [Judged(opened.run, epoch.number) for opened, epoch in epochs]
        for run in pruned:
            opened = self._running[run]
            self.executor.send(Stop(run))
            try:
                self._end(opened, "pruned", self.ledger.prune(opened))
            except OvertakenError:
                self._lose_to_others(opened)
        return bool(pruned)

    def _heed(self, opened: Open, worker: int, message: Message) -> None:
        """Do what the last message of a trial asks for."""
        match message:
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
        self._crews[opened.run].close()
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
        # Those of a stack fail early and succeed late: what still runs may speak for the study. A
        # grid has an end, and cells side by side that fail alike.
        most = MOST_FAILURES + len(self._running)
        if self._failures >= most and self.ledger.study.sampler != "grid":
            raise SearchError(f"{self._failures} trials failed in a row, the last with: {why}")
