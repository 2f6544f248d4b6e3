"""Orders that are known from the start: given to free trainers until all are carried out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nia_optuna.search.coordinator import POLL_SECONDS, SearchError
from nia_optuna.search.crew import KindOf, side_by_side
from nia_optuna.search.environment import path_text
from nia_optuna.search.executor import Executor, is_last
from nia_optuna.search.interrupt import Wish
from nia_optuna.search.ledger import RETRIES
from nia_optuna.search.protocol import (
    Broken,
    Crowded,
    Failed,
    Finished,
    Lost,
    Message,
    Run,
    Score,
    Scored,
    Start,
    Train,
    Trained,
)
from nia_optuna.search.watch import Advanced, Said, Stage, Started, Watch
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.stacked.kind import Kind


@dataclass(frozen=True)
class Outcome:
    """What became of an order: the last message about it, and the epochs told before.

    A training that failed has told the epochs up to there.
    """

    run: Run
    message: Finished | Scored | Failed
    device: Device
    curve: tuple[Epoch, ...] = ()

    @property
    def path(self) -> str | None:
        """How it was trained, see TrialAttr.PATH; None where it was not for an epoch."""
        return path_text(self.device, self.curve) if self.curve else None


@dataclass
class Orders:
    """Gives orders to trainers; one whose trainer dies is given again, three times at most."""

    executor: Executor
    watch: Watch
    wish: Wish
    kind_of: KindOf
    stage: Stage

    def __post_init__(self) -> None:
        self._pending: list[Start | Score] = []
        self._active: dict[Run, Start | Score] = {}
        self._curves: dict[Run, list[Epoch]] = {}
        self._losses: Counter[Run] = Counter()

    def carry_out(self, orders: Iterable[Start | Score]) -> Iterator[Outcome]:
        """Yield what becomes of each order, until all are carried out or the user wants to stop.

        Raises SearchError where the machine fails, or where a network cannot be scored.
        """
        self._pending.extend(orders)
        while (self._pending or self._active) and not self.wish.stop:
            while self.executor.free and self._pending:
                self._give()
            for worker, message in self.executor.poll(POLL_SECONDS):
                # Unknown are the last words of a trial that the search had given up.
                if order := self._active.get(message.run):
                    for outcome in self._heed(message, worker):
                        yield outcome
                        # Whoever asked for it has recorded it by now.
                        if isinstance(order, Start):
                            order.forget()

    def _give(self) -> None:
        """Give a free trainer what waits first, and what can be trained beside it."""
        first = self._pending[0]
        if isinstance(first, Score):
            self._begin(first)
            self.executor.send(first)
            return
        waiting = [each for each in self._pending if isinstance(each, Start)]
        # Whose trainer died goes alone: it may have been its doing, and others would pay for it.
        # So does what goes on from where it stood: stacks begin anew.
        lost = self._losses
        kinds = [(it, Kind() if lost[it.run] or it.begun else self.kind_of(it)) for it in waiting]
        together = side_by_side(kinds, self.executor.free)
        for start in together:
            self._begin(start)
            self.watch(Started(*start.run, {}, None, start.training.epochs))
        self.executor.send(Train(tuple(together)))

    def _begin(self, order: Start | Score) -> None:
        self._pending.remove(order)
        self._active[order.run] = order
        self._curves[order.run] = []

    def _heed(self, message: Message, worker: int) -> Iterator[Outcome]:
        run, device = message.run, self.executor.devices[worker]
        order = self._active[run]
        if is_last(message):
            del self._active[run]
        match message:
            case Trained(epoch=epoch):
                self._curves[run].append(epoch)
                self.watch(Advanced(*run, epoch))
            case Finished() | Scored():
                yield self._ended(run, message, device)
            case Failed():
                yield self._failed(order, message, device)
            case Lost(reason=why):
                self._losses[run] += 1
                if self._losses[run] > RETRIES:
                    died = Failed(run, f"{why}, {self._losses[run]} times")
                    yield self._failed(order, died, device)
                else:
                    self._pending.insert(0, order)
                    self.watch(Said(f"{self.stage} of trial {run.trial}: {why}; tried again"))
            case Crowded(reason=why):
                if self.executor.retire(worker):
                    self._pending.insert(0, order)
                    self.watch(Said(f"{self.stage} of trial {run.trial}: {why}; a trainer fewer"))
                else:
                    yield self._failed(order, Failed(run, why), device)
            case Broken(reason=why):
                raise SearchError(f"the {self.stage} of trial {run.trial} broke off: {why}")

    def _failed(self, order: Start | Score, message: Failed, device: Device) -> Outcome:
        if isinstance(order, Score):
            raise SearchError(f"trial {order.run.trial} could not be scored: {message.reason}")
        return self._ended(order.run, message, device)

    def _ended(self, run: Run, message: Finished | Scored | Failed, device: Device) -> Outcome:
        return Outcome(run, message, device, tuple(self._curves.pop(run)))
