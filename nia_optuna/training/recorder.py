"""Who may look on while a network trains: TensorBoard, for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nia_optuna.training.epoch import Epoch


class Recorder(Protocol):
    """Looks on; changes nothing and draws nothing at random."""

    def step(self, number: int, measures: Tensor, examples: int) -> None:
        """Take note of a step, from 1 on: the sums of its batch's measures, in their order."""
        ...

    def epoch(self, epoch: Epoch, model: nn.Module) -> None:
        """Take note of an epoch; the gradients of its last step are still there."""
        ...
