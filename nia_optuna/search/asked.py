"""What asking for a trial comes to: one that is open, or the error of its draw."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from optuna.trial import Trial

from nia_optuna.recipe import Recipe
from nia_optuna.record import TrialAttr
from nia_optuna.search.protocol import Run
from nia_optuna.training.device import Device
from nia_optuna.training.epoch import Epoch


@dataclass
class Open:
    """A trial that has been asked for and not yet told.

    `reported` are the epochs that an earlier attempt reported before it was put back; they are
    trained again, with the same seed, and judged only once. `worker` is the trainer that has it,
    and `device` what that one trains on. It was `asked` for so many seconds after 1970, and given
    to a trainer when it was `begun`.
    """

    trial: Trial
    recipe: Recipe
    run: Run
    reported: frozenset[int] = frozenset()
    curve: list[Epoch] = field(default_factory=list)
    worker: int | None = None
    device: Device | None = None
    asked: float = field(default_factory=time.time)
    begun: float | None = None

    @property
    def baseline(self) -> str | None:
        """The name of the baseline that it is, if it is one."""
        name: str | None = self.trial.user_attrs.get(TrialAttr.BASELINE)
        return name


class DrawError(ValueError):
    """The study's function could not make a recipe of a draw."""

    def __init__(self, run: Run, why: str) -> None:
        super().__init__(why)
        self.run = run
