"""Trainings that go on side by side: who trains, who joins and who has left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from nia_optuna.training.course import Course, Fitted
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.loop import Diverged
from nia_optuna.training.stacked.loop import Member, StackedLoop
from nia_optuna.training.standing import Standing


@dataclass
class Stack:
    """Trains its members as one batched network, an epoch at a time; who has joined has a number.

    Members share the kind of optimizer, batch size, loss, augmentation, the data and the numbers
    of examples, and the structure of their networks; everything else may differ. Each draws its
    first weights, its orders of examples and, on a CPU, its augmentation and dropout as `fit` does,
    so that a training is the one that `fit` gives, up to the rounding of float32, whoever trains
    beside it. On a GPU these last two are drawn for all members at once. Members are kept on their
    shelves, but always begin anew.

    Source of the method: Wang et al., "Horizontally fused training array", 2021.
    """

    device: Device
    given_up: Callable[[], bool] = lambda: False
    ends: dict[int, Fitted | Diverged] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._joined = 0
        self._joining: dict[int, Member] = {}
        self._left: set[int] = set()
        self._courses: dict[int, Course] = {}  # of those who train, in the order of the loop
        self._loop: StackedLoop | None = None

    def __len__(self) -> int:
        return len(self._courses) - len(self._left) + len(self._joining)

    def join(self, member: Member) -> int:
        """Let a training begin with the next epoch; return its number, from 0 on."""
        number = self._joined
        self._joined += 1
        self._joining[number] = member
        return number

    def leave(self, number: int) -> None:
        """Give up a training that has not ended; the others go on without it."""
        if self._joining.pop(number, None) is None:
            self._left.add(number)

    def epoch(self) -> dict[int, Epoch | Diverged]:
        """Train all for an epoch; return what it measured of each, by number.

        A training leaves with its last epoch, or with its Diverged where a loss was not finite;
        what it ends in then stands in `ends`. An epoch's `seconds` are a member's share.

        Raises ValueError for members that cannot be one stack, GivenUp where `given_up` said so.
        """
        loop = self._regrouped()
        epochs = loop.epoch([course.losses for course in self._courses.values()])
        told: dict[int, Epoch | Diverged] = {}
        shelves = [member.shelf for member in loop.members if member.shelf is not None]
        courses = enumerate(self._courses.items())
        for (place, (number, course)), epoch in zip(courses, epochs, strict=True):
            told[number] = epoch
            if isinstance(epoch, Diverged):
                self.ends[number] = epoch
            elif ended := course.take(epoch, partial(loop.weights, place)):
                told[number] = replace(epoch, last=True)
                self.ends[number] = course.fitted(loop.models[place], ended)
            elif (shelf := loop.members[place].shelf) is not None and shelf.due(shelves):
                shelf.keep(Standing.of(course, loop.weights(place), loop.state(place)))
        self._left |= told.keys() & self.ends.keys()
        return told

    def _regrouped(self) -> StackedLoop:
        """Return the loop without those who left and with those who joined."""
        new = list(self._joining.values())
        places = [p for p, number in enumerate(self._courses) if number not in self._left]
        self._courses = {n: c for n, c in self._courses.items() if n not in self._left}
        if self._loop is None or not places:
            self._loop = StackedLoop.begin(new, device=self.device, given_up=self.given_up)
        elif new or self._left:
            passed = [len(course.losses) for course in self._courses.values()]
            self._loop = self._loop.regroup(places, passed, new)
        self._courses |= {n: Course(member.training) for n, member in self._joining.items()}
        self._joining, self._left = {}, set()
        return self._loop
