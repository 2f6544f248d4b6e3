"""One optimizer over the networks of a stack, each with its own settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from nia_optuna.decay import Plateau
from nia_optuna.training.optimization import Updating, groups, optimizer_over
from nia_optuna.training.training import Training


@dataclass(frozen=True)
class Updates:
    """PyTorch's optimizer over views of the stacked parameters.

    Neighbours whose learning rates and other settings are always the same are one `block` of the
    stack, which costs as little as one network; each block has its own parameter groups.
    """

    optimizer: Updating
    blocks: tuple[slice, ...]
    views: tuple[tuple[nn.Parameter, slice, Tensor], ...]

    @classmethod
    def over(
        cls,
        stacked: nn.Module,
        trainings: Sequence[Training],
        device_name: str,
        passed: Sequence[int],
    ) -> Updates:
        """Return fresh updates of the stacked parameters, all with the same kind of optimizer.

        Each training has `passed` so many epochs.
        """
        settings: list[dict[str, Any]] = []
        blocks, views = _blocks(trainings, passed), []
        for block in blocks:
            mine = [(p, block, _flat(p.detach()[block])) for p in stacked.parameters()]
            chosen = trainings[block.start].recipe.optimizer
            # One dimension more than in a plain network, where weights have two or more.
            weights = [view for _, _, view in mine if view.ndim > 2]  # noqa: PLR2004
            others = [view for _, _, view in mine if view.ndim <= 2]  # noqa: PLR2004
            made = groups(chosen, weights, others)
            settings += [{**group, "member": block.start} for group in made]
            views += mine
        kind = trainings[0].recipe.optimizer
        return cls(optimizer_over(kind, settings, device_name), blocks, tuple(views))

    def step(self, rates: Sequence[float]) -> None:
        """Take a step with each network's learning rate, and drop the gradients."""
        for group in self.optimizer.param_groups:
            group["lr"] = rates[group["member"]]
        for parameter, block, view in self.views:
            assert parameter.grad is not None
            view.grad = _flat(parameter.grad[block])
        self.optimizer.step()
        for parameter, _, view in self.views:
            parameter.grad = view.grad = None

    def carry(self, left: Sequence[int], updates: Updates) -> None:
        """Give `updates`, whose first networks are those `left` of these, what this one knows."""
        count = len(self.views) // len(self.blocks)
        for number, block in enumerate(updates.blocks):
            if block.start >= len(left):
                return  # who has just joined has taken no step
            known = [self._known(member) for member in left[block]]
            mine = updates.views[number * count : (number + 1) * count]
            for states, (_, _, view) in zip(zip(*known, strict=True), mine, strict=True):
                updates.optimizer.state[view] = {
                    name: _together([state[name] for state in states]) for name in states[0]
                }

    def state(self, member: int, names: Sequence[str]) -> dict[str, dict[str, Tensor]]:
        """Return what the optimizer knows of a network's parameters, by these, their names."""
        mine = [p for p, block, _ in self.views if block.start <= member < block.stop]
        return {
            name: {
                # The memory of a product's weights is transposed, and with it their state.
                what: value.T if value.ndim > 1 and not parameter.is_contiguous() else value
                for what, value in known.items()
            }
            for name, parameter, known in zip(names, mine, self._known(member), strict=True)
            if known
        }

    def _known(self, member: int) -> list[dict[str, Tensor]]:
        """Return what the optimizer knows of a network's parameters, in their order."""
        return [
            {
                name: value[member - block.start] if value.ndim else value
                for name, value in self.optimizer.state[view].items()
            }
            for _, block, view in self.views
            if block.start <= member < block.stop
        ]


def _blocks(trainings: Sequence[Training], passed: Sequence[int]) -> tuple[slice, ...]:
    """Return where neighbours have the same learning rate at every step, and all else the same."""

    def settings(member: int) -> object:
        recipe, epochs = trainings[member].recipe, trainings[member].epochs
        # A plateau's rate depends on how the training goes.
        alone = member if isinstance(recipe.decay, Plateau) else None
        # Who joined later is behind the others, in its decay and in Adam's corrections.
        return recipe.optimizer, recipe.decay, epochs, alone, passed[member]

    runs = [list(run) for _, run in groupby(range(len(trainings)), key=settings)]
    return tuple(slice(run[0], run[-1] + 1) for run in runs)


def _flat(tensor: Tensor) -> Tensor:
    """Return a tensor with its memory in order, which spares fused optimizers a copy and back."""
    return tensor if tensor.is_contiguous() else tensor.transpose(1, 2)


def _together(each: Sequence[Tensor]) -> Tensor:
    if not each[0].ndim:
        return each[0]  # a count of steps, the same for all
    return torch.stack(list(each))
