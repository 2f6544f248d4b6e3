"""Several trainings as one generator of epochs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from nia_optuna.training.course import Fitted
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch
from nia_optuna.training.loop import Diverged
from nia_optuna.training.stacked.loop import Member
from nia_optuna.training.stacked.stack import Stack

__all__ = ["Diverged", "Member", "fit_together"]


def fit_together(
    members: Sequence[Member], *, device: Device, given_up: Callable[[], bool] = lambda: False
) -> Generator[dict[int, Epoch | Diverged], None, list[Fitted | Diverged]]:
    """Train all members side by side; yield what an epoch measured of each, return their ends.

    What is yielded is keyed by a member's place in `members`; members and epochs are as `Stack`
    says. Closing the generator ends them all.

    Raises ValueError for members that cannot be one stack, GivenUp where `given_up` said so.
    """
    stack = Stack(device, given_up)
    for member in members:
        stack.join(member)
    while len(stack):
        yield stack.epoch()
    return [stack.ends[k] for k in range(len(members))]
