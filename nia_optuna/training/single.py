"""One training at a time, with the face of a stack."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from nia_optuna.training.course import Fitted
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.fit import fit
from nia_optuna.training.loop import Diverged
from nia_optuna.training.recorder import Recorder
from nia_optuna.training.stacked.loop import Member


@dataclass
class Single:
    """Trains whoever has joined, one after the other, an epoch at a time.

    `recorder` says who looks on at a training. All else is as in `Stack`.
    """

    device: Device
    given_up: Callable[[], bool] = lambda: False
    recorder: Callable[[Member], Recorder | None] = lambda _: None
    ends: dict[int, Fitted | Diverged] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._joined = 0
        self._waiting: dict[int, Generator[Epoch, None, Fitted]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, member: Member) -> int:
        """Let a training begin behind those that joined before; return its number, from 0 on."""
        number = self._joined
        self._joined += 1
        self._waiting[number] = fit(
            member.training,
            member.splits,
            seed=member.seed,
            device=self.device,
            given_up=self.given_up,
            recorder=self.recorder(member),
            shelf=member.shelf,
        )
        return number

    def leave(self, number: int) -> None:
        """Give up a training that has not ended."""
        self._waiting.pop(number).close()

    def epoch(self) -> dict[int, Epoch | Diverged]:
        """Train the first of them for an epoch; return what it measured, by its number."""
        number, epochs = next(iter(self._waiting.items()))
        try:
            epoch = next(epochs)
        except Diverged as error:
            del self._waiting[number]
            # Its traceback would hold the whole training.
            self.ends[number] = error.with_traceback(None)
            return {number: error}
        if epoch.last:
            del self._waiting[number]
            self.ends[number] = _end(epochs)
        return {number: epoch}


def _end(epochs: Generator[Epoch, None, Fitted]) -> Fitted:
    """Return what a training ends in that has yielded its last epoch."""
    try:
        next(epochs)
    except StopIteration as end:
        fitted: Fitted = end.value
        return fitted
    raise AssertionError("an epoch behind the last")
