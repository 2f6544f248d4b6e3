"""What an order to train has come to: which of its trainings wait, go on and have ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nia_optuna.search.identity import without_addresses
from nia_optuna.search.protocol import Failed, Finished, Repeat, Start, Trained
from nia_optuna.training.course import Fitted
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.loop import Diverged
from nia_optuna.training.standing import Shelf


@dataclass
class Work:
    """An order in the works; its trainings are numbered as its chances are.

    `aboard` has the training behind each number that the trainer knows it by. `told` epochs of the
    first were told already when it was begun again.
    """

    order: Start
    told: int = 0
    waiting: deque[int] = field(default_factory=deque)
    aboard: dict[int, int] = field(default_factory=dict)
    ends: dict[int, Fitted | Diverged] = field(default_factory=dict)
    seen: dict[int, list[Epoch]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.waiting.extend(range(len(self.order.chances)))

    def again(self) -> Work:
        """Return the same work, not begun."""
        return Work(self.order, max(self.told, len(self.seen.get(0, ()))))

    def hear(self, told: Mapping[int, Epoch | Diverged]) -> Trained | None:
        """Note an epoch of each of some trainings; return what the coordinator is told of it.

        What is told carries the wall time of them all, so that a trial's bill is right wherever it
        is stopped; the others' epochs then carry none.
        """
        measured = {k: epoch for k, epoch in told.items() if isinstance(epoch, Epoch)}
        if 0 in measured:
            seconds = sum(epoch.seconds for epoch in measured.values())
            measured = {
                k: replace(epoch, seconds=0.0 if k else seconds) for k, epoch in measured.items()
            }
        for k, epoch in measured.items():
            self.seen.setdefault(k, []).append(epoch)
        first = measured.get(0)
        return Trained(self.order.run, first) if first and first.number > self.told else None

    def end(self, number: int, end: Fitted | Diverged) -> list[int]:
        """Note what a training ended in; return the numbers of others that nobody wants any more.

        A configuration that does not survive all of its seeds is none to recommend: behind one
        that diverged nothing is asked for.
        """
        k = self.aboard.pop(number)
        self.ends[k] = end
        if isinstance(end, Fitted):
            return []
        self.waiting = deque(other for other in self.waiting if other < k)
        unwanted = [n for n, other in self.aboard.items() if other > k]
        self.aboard = {n: other for n, other in self.aboard.items() if other < k}
        return unwanted

    def shelf(self, k: int, device: Device) -> Shelf | None:
        """Return where one of its trainings is kept while it is unfinished."""
        order, chance = self.order, self.order.chances[k]
        if (path := order.standing(chance)) is None:
            return None
        # Threads only round otherwise.
        about = order.training, chance, replace(device, threads=1)
        return Shelf(path, of=without_addresses(repr(about)))

    @property
    def fitted(self) -> Fitted:
        """What the first of its trainings has ended in, where none diverged."""
        first = self.ends[0]
        assert isinstance(first, Fitted), "asked for where the order is finished"
        return first

    def outcome(self) -> Finished | Failed | None:
        """Return the order's last message, None while any of its trainings goes on."""
        if self.waiting or self.aboard:
            return None
        repeats: list[Repeat] = []
        for k in range(len(self.order.chances)):
            end = self.ends[k]
            if isinstance(end, Diverged):
                return Failed(self.order.run, f"diverged: {end}", tuple(repeats))
            if k:
                repeats.append(self._repeat(k, end))
        first = self.fitted
        return Finished(
            self.order.run, first.best.number, first.stopped, first.parameters, tuple(repeats)
        )

    def _repeat(self, k: int, fitted: Fitted) -> Repeat:
        epochs = self.seen[k]
        return Repeat(
            seed=self.order.chances[k].seed,
            values=tuple(epoch.metric(self.order.training.metric) for epoch in epochs),
            best_epoch=fitted.best.number,
            stopped=fitted.stopped,
            seconds=sum(epoch.seconds for epoch in epochs),
        )
