"""The trainings of one order or more: side by side where they can be, else one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from nia_optuna.data import Splits
from nia_optuna.search.failure import failure
from nia_optuna.search.protocol import (
    Crowded,
    Failed,
    Finished,
    Message,
    Run,
    Stopped,
    Train,
    Trained,
)
from nia_optuna.search.trainer import Inbox
from nia_optuna.search.work import Work
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.fit import GivenUp
from nia_optuna.training.loop import Diverged
from nia_optuna.training.memory import free_cache, out_of_memory
from nia_optuna.training.recorder import Recorder
from nia_optuna.training.single import Single
from nia_optuna.training.stacked.loop import Member
from nia_optuna.training.stacked.size import most_together
from nia_optuna.training.stacked.stack import Stack

# So long, as a share of an epoch, a stack waits for what its members' epochs are judged to be.
PATIENCE = 0.1


class Trainings:
    """Tells every epoch of an order's first training, and in the end what its repeats came to.

    Orders leave when they end or are stopped, and others join, between two epochs. `keep` is told
    of an order that is finished, before the coordinator is.
    """

    def __init__(
        self,
        order: Train,
        cuts: Callable[[int], Splits],
        device: Device,
        inbox: Inbox,
        keep: Callable[[Work], None],
    ) -> None:
        self._cuts, self._device, self._inbox, self._keep = cuts, device, inbox, keep
        self._works = [Work(start) for start in order.starts]
        self._open = order.open
        self._room = 0  # until it is known how many can go side by side
        self._group: Single | Stack = Single(device)

    def messages(self) -> Iterator[Message]:
        """Yield what the coordinator is told of all orders until the last has ended.

        What goes wrong among several trainings is tried with fewer: with half of them where memory
        ran out, else one after the other, so that it befalls whose doing it is.
        """
        while self._works:
            told: dict[int, Epoch | Diverged] = {}
            trouble = None
            try:
                if not self._room:
                    self._begin(self._most())
                self._admit()
                told = self._group.epoch()
            except GivenUp:
                pass
            except (Exception, SystemExit) as error:  # noqa: BLE001  # a user's network may raise anything
                guilty, short = self._guilty(), out_of_memory(error)
                trouble = guilty, failure(guilty.order.run, error, short=short)
            # Not before here: in the block above the error holds on to the memory.
            if trouble:
                yield from self._fewer(*trouble)
                continue
            yield from self._hear_all(told)
            for order in self._inbox.joining():
                if self._inbox.stopped(order.run):
                    yield Stopped(order.run)
                else:
                    self._works.append(Work(order))

    def _most(self) -> int:
        """Return how many trainings go side by side."""
        first = self._works[0].order
        count = sum(len(work.order.chances) for work in self._works)
        if (count == 1 and not self._open) or first.tensorboard is not None:
            return 1
        if any(work.order.begun for work in self._works):
            return 1  # stacks begin anew
        most = most_together(first.training.recipe, self._cuts(first.cut), self._device)
        # As few rounds as can be, all of nearly the same size.
        return math.ceil(count / math.ceil(count / most)) if count > most else most

    def _begin(self, room: int) -> None:
        """Begin everything that has not ended, with so many trainings at once."""
        self._room = room
        self._works = [work.again() for work in self._works]
        if room > 1:
            self._group = Stack(self._device, self._unwanted)
        else:
            self._group = Single(self._device, self._unwanted, self._recorder)

    def _admit(self) -> None:
        """Let trainings that wait join while there is room, those of the first orders first."""
        for work in self._works:
            while work.waiting and len(self._group) < self._room:
                k = work.waiting.popleft()
                chance = work.order.chances[k]
                splits = self._cuts(chance.cut)
                shelf = work.shelf(k, self._device)
                member = Member(work.order.training, splits, chance.seed, shelf)
                work.aboard[self._group.join(member)] = k

    def _hear_all(self, told: dict[int, Epoch | Diverged]) -> Iterator[Message]:
        """Yield what is told after an epoch; let those that are not wanted any more leave.

        Where a stack waits a little for its verdicts, it trains no epoch with those given up.
        """
        said: dict[Run, Trained] = {}
        for work in list(self._works):
            for message in self._hear(work, told):
                yield message
                if isinstance(message, Trained):
                    said[message.run] = message
        if not self._open or not self._works:
            return
        took = sum(epoch.seconds for epoch in told.values() if isinstance(epoch, Epoch))
        awaited = [said[run] for work in self._works if (run := work.order.run) in said]
        self._inbox.wait(awaited, PATIENCE * took)
        for work in list(self._works):
            yield from self._hear(work, {})

    def _hear(self, work: Work, told: dict[int, Epoch | Diverged]) -> Iterator[Message]:
        """Yield what is told of an order after an epoch; part with it where that was its last."""
        if self._inbox.stopped(work.order.run):
            self._works.remove(work)
            for number in work.aboard:
                self._drop(number)
            yield Stopped(work.order.run)
            return
        mine = {number: told[number] for number in work.aboard if number in told}
        said = work.hear({work.aboard[number]: epoch for number, epoch in mine.items()})
        if said:
            yield said
        for number in sorted(mine, key=work.aboard.__getitem__):
            if number in self._group.ends and number in work.aboard:
                for unwanted in work.end(number, self._group.ends.pop(number)):
                    self._drop(unwanted)
        if last := work.outcome():
            self._works.remove(work)
            yield self._ended(work, last)

    def _drop(self, number: int) -> None:
        # It may just have ended by itself.
        if self._group.ends.pop(number, None) is None:
            self._group.leave(number)

    def _ended(self, work: Work, last: Finished | Failed) -> Message:
        """Return the last message of an order, its weights kept where it is finished."""
        if isinstance(last, Finished):
            try:
                self._keep(work)
            except Exception as error:  # noqa: BLE001  # a full disk, or weights that cannot be kept
                return failure(work.order.run, error, short=False)
        return last

    def _guilty(self) -> Work:
        """Return whose doing an error is where one order trains alone."""
        return next((work for work in self._works if work.aboard), self._works[0])

    def _fewer(self, guilty: Work, last: Message) -> Iterator[Message]:
        """Go on with fewer trainings at once; with one order alone, tell its `last` message."""
        aboard = sum(len(work.aboard) for work in self._works)
        self._group = Single(self._device)
        free_cache(self._device.name)
        if isinstance(last, Crowded) and aboard > 1:
            self._begin(aboard // 2)
        elif self._room > 1 and len(self._works) > 1:
            self._begin(1)
        else:
            self._works.remove(guilty)
            yield last
            self._begin(self._room)

    def _unwanted(self) -> bool:
        return all(self._inbox.stopped(work.order.run) for work in self._works)

    def _recorder(self, member: Member) -> Recorder | None:
        work = next(work for work in self._works if work.order.training is member.training)
        folder = work.order.tensorboard
        if folder is None:
            return None
        from nia_optuna.training.tensorboard import TensorBoard

        recipe, task = member.training.recipe, member.splits.task
        return TensorBoard(folder, recipe, seed=member.seed, task=task)
