"""Who trains beside whom."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from nia_optuna.data import Splits
from nia_optuna.search.protocol import Run, Start
from nia_optuna.training.device import Device
from nia_optuna.training.stacked.kind import Kind, kind_of

KindOf = Callable[[Start], Kind]


class Kinds:
    """Says of which kind an order is, for trainers on `device`; remembers what it has said."""

    def __init__(self, splits: Splits, device: Device) -> None:
        self._splits, self._device = splits, device
        self._known: dict[Run, Kind] = {}

    def __call__(self, start: Start) -> Kind:
        """Return the kind of an order."""
        if start.run not in self._known:
            watched = start.tensorboard is not None
            self._known[start.run] = Kind() if watched else self._kind_of(start)
        return self._known[start.run]

    def _kind_of(self, start: Start) -> Kind:
        try:
            return kind_of(start.training, self._splits, self._device)
        except Exception:  # noqa: BLE001  # a network that cannot be built fails where it is trained
            return Kind()


@dataclass
class Crew:
    """The orders that one trainer has side by side: how many trainings each of them asks for."""

    kind: Kind
    trainings: dict[Run, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many trainings it has."""
        return sum(self.trainings.values())

    def close(self) -> None:
        """Let nobody join any more."""
        self.kind = Kind()

    def takes(self, start: Start, kind: Kind) -> bool:
        """Return whether an order may join: it is alike, and there is room for all that it asks."""
        room = min(self.kind.most, kind.most) - self.size
        return self.kind.key is not None and kind == self.kind and len(start.chances) <= room


def joined(crews: Iterable[Crew], start: Start, kind: Kind) -> Crew | None:
    """Return the smallest of the crews that an order may join, None where there is none."""
    return min((c for c in crews if c.takes(start, kind)), key=lambda c: c.size, default=None)


def may_pass(first: Start, start: Start, kind: Kind) -> bool:
    """Return whether an order may join others before `first` begins, which has waited longest.

    A trainer whom others keep joining is never free for one of another kind.
    """
    return start.run.trial - first.run.trial <= kind.most


def side_by_side(waiting: Sequence[tuple[Start, Kind]], free: int) -> list[Start]:
    """Return which of the orders that wait are to begin on one of the `free` trainers.

    The first one, and those that are alike, as many as a stack holds; but every trainer gets as
    many as the others: cores gain more than stacks do.
    """
    first, kind = waiting[0]
    alike = [start for start, other in waiting if kind.key is not None and other == kind]
    places = kind.most // len(first.chances)
    fair = math.ceil(len(waiting) / free)
    return alike[: min(places, fair)] or [first]
