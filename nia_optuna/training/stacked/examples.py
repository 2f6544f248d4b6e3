"""The examples of several trainings, each with its own rows of the same data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nia_optuna.data import Splits, View
from nia_optuna.training.device import Device
from nia_optuna.training.loop import seed_epoch
from nia_optuna.training.placement import normalisation, shared


@dataclass(frozen=True)
class Examples:
    """One view of the data for each of K trainings.

    `rows` (K, n) numbers each training's examples within `inputs` and `targets`, which they share;
    `scale` and `shift` (K, 1, channels, 1, 1) or (K, 1, features) are each training's
    own. Inputs are given out as `dtype`, which pictures are rounded to once they are normalised.
    """

    inputs: Tensor
    targets: Tensor
    rows: Tensor
    scale: Tensor
    shift: Tensor
    dtype: torch.dtype

    @classmethod
    def of(
        cls,
        views: Sequence[View],
        splits: Sequence[Splits],
        device: Device,
    ) -> Examples:
        """Return the examples of the views, one for each training, on the device.

        Raises ValueError where they differ in length or are of different data.
        """
        part = views[0].part
        if any(view.part is not part or len(view.index) != len(views[0].index) for view in views):
            raise ValueError("trainings of one stack need as many examples of the same data")
        inputs = shared(part.inputs).to(device.name)
        moments = [normalisation(each, inputs) for each in splits]
        return cls(
            inputs,
            shared(part.targets).to(device.name),
            torch.stack([torch.tensor(v.index, dtype=torch.int64) for v in views]).to(device.name),
            torch.stack([scale for scale, _ in moments]),
            torch.stack([shift for _, shift in moments]),
            torch.bfloat16 if device.bf16 else torch.float32,
        )

    def __len__(self) -> int:
        return self.rows.shape[1]

    def orders(self, seeds: Sequence[int], epoch: int) -> Tensor:
        """Return each training's rows (K, n) in the order that its seed draws for the epoch."""
        orders = []
        for rows, seed in zip(self.rows, seeds, strict=True):
            seed_epoch(seed, epoch)
            orders.append(rows[torch.randperm(len(rows), device=rows.device)])
        return torch.stack(orders)

    def batch(
        self, rows: Tensor, augment: Callable[[Tensor], Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return a batch for each training, of `rows` (K, n).

        Inputs are (K, n, channels, height, width) or (K, n, features), targets (K, n).
        """
        flat = rows.flatten()
        taken = self.inputs.index_select(0, flat)
        if augment is not None:
            taken = augment(taken)
        each = taken.float().view(*rows.shape, *taken.shape[1:])
        inputs = each.mul_(self.scale).add_(self.shift).to(self.dtype)
        return inputs, self.targets.index_select(0, flat).view(rows.shape)

    def keep(self, left: Sequence[int]) -> Examples:
        """Return the examples of those trainings alone."""
        kept = list(left)
        return Examples(
            self.inputs,
            self.targets,
            self.rows[kept],
            self.scale[kept],
            self.shift[kept],
            self.dtype,
        )
