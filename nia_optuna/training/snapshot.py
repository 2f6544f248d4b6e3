"""All that a step changes, kept aside and put back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nia_optuna.training.step import Step


@dataclass(frozen=True)
class Snapshot:
    """Copies of a training's weights, buffers, optimizer's state and sums, and the CPU's draws.

    `pairs` are the tensors and their copies; `states` is what the optimizer knew of a parameter.
    """

    step: Step
    pairs: tuple[tuple[Tensor, Tensor], ...]
    states: dict[Tensor, dict[str, Any]]
    drawn: Tensor

    @classmethod
    def of(cls, step: Step) -> Snapshot:
        """Return how things stand between two steps."""
        tensors = [*step.model.parameters(), *step.model.buffers(), step.sums, *_known(step)]
        return cls(
            step,
            tuple((tensor, tensor.detach().clone()) for tensor in tensors),
            {parameter: dict(known) for parameter, known in step.optimizer.state.items()},
            torch.get_rng_state(),
        )

    def grown(self) -> bool:
        """Return whether the optimizer's state now has a tensor that it had not."""
        before = {id(tensor) for tensor, _ in self.pairs}
        return any(id(tensor) not in before for tensor in _known(self.step))

    def put_back(self) -> None:
        """Give every tensor its values again, where it lies, and the optimizer its state."""
        self.step.optimizer.zero_grad()
        state = self.step.optimizer.state
        state.clear()
        state.update({parameter: dict(known) for parameter, known in self.states.items()})
        with torch.no_grad():
            for tensor, copy in self.pairs:
                tensor.copy_(copy)
        torch.set_rng_state(self.drawn)


def _known(step: Step) -> list[Tensor]:
    """Return the tensors of the optimizer's state."""
    each = (value for known in step.optimizer.state.values() for value in known.values())
    return [value for value in each if isinstance(value, Tensor)]
