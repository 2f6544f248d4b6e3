"""The trainings of one order: its first seed and its repeats."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace

from nia_optuna.data import Splits
from nia_optuna.search.protocol import Chance, Message, Repeat, Start, Trained
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.fit import Diverged, Fitted, fit
from nia_optuna.training.recorder import Recorder
from nia_optuna.training.stacked.fit import Member, fit_together
from nia_optuna.training.stacked.size import most_together

Ends = list[Fitted | Diverged]


@dataclass(frozen=True)
class Trainings:
    """Tells every epoch of the first training, and leaves what the others end in at `repeats`.

    Repeats train beside the first where they can be stacked, else after it. Of those behind one
    that diverged nothing is left: raises its Diverged.
    """

    order: Start
    cuts: Callable[[int], Splits]
    device: Device
    given_up: Callable[[], bool]
    repeats: list[Repeat] = field(default_factory=list)

    def messages(self) -> Generator[Message, None, Fitted]:
        """Yield what the coordinator is told on the way; return what the first ends in."""
        order = self.order
        chances = [Chance(order.run.seed, order.cut), *order.repeats]
        most = 1
        if order.repeats and order.tensorboard is None:
            most = most_together(order.training.recipe, self.cuts(order.cut), self.device)
        # As few stacks as can be, all of nearly the same size.
        size = math.ceil(len(chances) / math.ceil(len(chances) / most))
        first: Fitted | None = None
        for start in range(0, len(chances), size):
            some = chances[start : start + size]
            train = self._alone if most == 1 else self._stacked
            seen, ends = yield from train(some, aloud=first is None)
            for chance, epochs, end in zip(some, seen, ends, strict=True):
                if isinstance(end, Diverged):
                    raise end
                if first is not None:
                    self.repeats.append(self._repeat(chance.seed, epochs, end))
                first = first or end
        assert first is not None, "an order has a first training"
        return first

    def _alone(
        self, chances: Sequence[Chance], *, aloud: bool
    ) -> Generator[Message, None, tuple[list[list[Epoch]], Ends]]:
        """Train one; return its epochs and its end."""
        (chance,) = chances
        splits = self.cuts(chance.cut)
        epochs = fit(
            self.order.training,
            splits,
            seed=chance.seed,
            device=self.device,
            given_up=self.given_up,
            recorder=self._recorder(chance.seed, splits),
        )
        seen: list[Epoch] = []
        while True:
            try:
                seen.append(next(epochs))
            except StopIteration as end:
                return [seen], [end.value]
            if aloud:
                yield Trained(self.order.run, seen[-1])

    def _stacked(
        self, chances: Sequence[Chance], *, aloud: bool
    ) -> Generator[Message, None, tuple[list[list[Epoch]], Ends]]:
        """Train all side by side; return everyone's epochs and end.

        What is told carries the wall time of them all, so that a trial's bill is right wherever it
        is stopped; the others' epochs then carry none.
        """
        members = [Member(self.order.training, self.cuts(cut), seed) for seed, cut in chances]
        epochs = fit_together(members, device=self.device, given_up=self.given_up)
        seen: list[list[Epoch]] = [[] for _ in members]
        while True:
            try:
                told = next(epochs)
            except StopIteration as end:
                return seen, end.value
            first = told.get(0)
            if isinstance(first, Diverged):
                raise first  # nobody asks for those behind it
            measured = {k: epoch for k, epoch in told.items() if isinstance(epoch, Epoch)}
            if aloud and first is not None:
                seconds = sum(epoch.seconds for epoch in measured.values())
                measured = {
                    k: replace(epoch, seconds=0.0 if k else seconds)
                    for k, epoch in measured.items()
                }
                yield Trained(self.order.run, measured[0])
            for k, epoch in measured.items():
                seen[k].append(epoch)

    def _repeat(self, seed: int, epochs: Sequence[Epoch], fitted: Fitted) -> Repeat:
        return Repeat(
            seed=seed,
            values=tuple(epoch.metric(self.order.training.metric) for epoch in epochs),
            best_epoch=fitted.best.number,
            stopped=fitted.stopped,
            seconds=sum(epoch.seconds for epoch in epochs),
        )

    def _recorder(self, seed: int, splits: Splits) -> Recorder | None:
        folder = self.order.tensorboard
        if folder is None:
            return None
        from nia_optuna.training.tensorboard import TensorBoard

        return TensorBoard(folder, self.order.training.recipe, seed=seed, task=splits.task)
