"""Several trainings as one generator of epochs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial

from nia_optuna.training.course import Course, Fitted
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.loop import Diverged
from nia_optuna.training.stacked.loop import Member, StackedLoop

__all__ = ["Diverged", "Member", "fit_together"]


def fit_together(
    members: Sequence[Member], *, device: Device, given_up: Callable[[], bool] = lambda: False
) -> Generator[dict[int, Epoch | Diverged], None, list[Fitted | Diverged]]:
    """Train all members side by side; yield what an epoch measured of each, return their ends.

    What is yielded is keyed by a member's place in `members`. A member leaves with its last epoch,
    or with its Diverged where a loss was not finite; the others go on without it. Closing the
    generator ends them all.

    Members share the kind of optimizer, batch size, loss, augmentation, the data and the numbers
    of examples, and the structure of their networks; everything else may differ. Each draws its
    first weights and its orders of examples as `fit` does, so that a training without dropout and
    augmentation is the one that `fit` gives, up to the rounding of float32; these two are drawn
    for all members at once. An epoch's `seconds` are a member's share of the time that it took.

    Raises ValueError for members that cannot be one stack, GivenUp where `given_up` said so.
    Source of the method: Wang et al., "Horizontally fused training array", 2021.
    """
    courses = [Course(member.training) for member in members]
    ends: dict[int, Fitted | Diverged] = {}
    loop = StackedLoop.begin(members, device=device, given_up=given_up)
    training, number = list(range(len(members))), 0
    while training:
        number += 1
        told: dict[int, Epoch | Diverged] = {}
        epochs = loop.epoch(number, [courses[k].losses for k in training])
        for place, (k, epoch) in enumerate(zip(training, epochs, strict=True)):
            told[k] = epoch
            if isinstance(epoch, Diverged):
                ends[k] = epoch
            elif ended := courses[k].take(epoch, partial(loop.weights, place)):
                told[k] = replace(epoch, last=True)
                ends[k] = courses[k].fitted(loop.models[place], ended, "stack")
        yield told
        left = [place for place, k in enumerate(training) if k not in ends]
        if left and len(left) < len(training):
            loop = loop.keep(left)
        training = [training[place] for place in left]
    return [ends[k] for k in range(len(members))]
