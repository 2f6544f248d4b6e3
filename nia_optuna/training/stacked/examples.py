"""The examples of several trainings, each with its own rows of the same data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from nia_optuna.data import Splits, View
from nia_optuna.training.augmentation import Augment
from nia_optuna.training.device import Device
from nia_optuna.training.placement import normalisation, on_device


@dataclass(frozen=True)
class Examples:
    """One view of the data for each of K trainings, as long as `view` and of the same data.

    `rows` (K, n) numbers each training's examples within `inputs` and `targets`, which they share;
    `scale` and `shift` (K, 1, channels, 1, 1) or (K, 1, features) are each training's
    own. Inputs are given out as `dtype`, which pictures are rounded to once they are normalised.
    """

    view: View
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
        _check(views, views[0])
        inputs, targets, _ = on_device(views[0].part, device.name)
        scale, shift = _moments(splits, inputs)
        dtype = torch.bfloat16 if device.bf16 else torch.float32
        return cls(views[0], inputs, targets, _rows(views, inputs), scale, shift, dtype)

    def __len__(self) -> int:
        return self.rows.shape[1]

    def orders(self, generators: Sequence[Generator]) -> Tensor:
        """Return each training's rows (K, n) in the order that its generator draws."""
        orders = [
            rows[torch.randperm(len(rows), generator=generator, device=rows.device)]
            for rows, generator in zip(self.rows, generators, strict=True)
        ]
        return torch.stack(orders)

    def batch(
        self,
        rows: Tensor,
        augment: Augment | None = None,
        generators: Sequence[Generator] = (),
    ) -> tuple[Tensor, Tensor]:
        """Return a batch for each training, of `rows` (K, n).

        Inputs are (K, n, channels, height, width) or (K, n, features), targets (K, n). What is
        changed draws from each training's own of `generators`; without any, all at once from
        torch's global one.
        """
        flat = rows.flatten()
        taken = self.inputs.index_select(0, flat)
        if augment is not None and generators:
            parts = zip(torch.split(taken, rows.shape[1]), generators, strict=True)
            taken = torch.cat([augment(part, generator=generator) for part, generator in parts])
        elif augment is not None:
            taken = augment(taken)
        each = taken.float().view(*rows.shape, *taken.shape[1:])
        inputs = each.mul_(self.scale).add_(self.shift).to(self.dtype)
        return inputs, self.targets.index_select(0, flat).view(rows.shape)

    def regroup(
        self, left: Sequence[int], views: Sequence[View], splits: Sequence[Splits]
    ) -> Examples:
        """Return the examples of the trainings at the places `left`, and of others behind them.

        Raises ValueError as `of` does.
        """
        _check(views, self.view)
        kept = list(left)
        rows, scale, shift = self.rows[kept], self.scale[kept], self.shift[kept]
        if views:
            new_scale, new_shift = _moments(splits, self.inputs)
            rows = torch.cat((rows, _rows(views, self.inputs)))
            scale, shift = torch.cat((scale, new_scale)), torch.cat((shift, new_shift))
        return replace(self, rows=rows, scale=scale, shift=shift)


def _check(views: Sequence[View], like: View) -> None:
    for view in views:
        if view.part is not like.part or len(view.index) != len(like.index):
            raise ValueError("trainings of one stack need as many examples of the same data")


def _rows(views: Sequence[View], inputs: Tensor) -> Tensor:
    """Return the rows of each view (K, n), beside `inputs`."""
    rows = [torch.tensor(view.index, dtype=torch.int64) for view in views]
    return torch.stack(rows).to(inputs.device)


def _moments(splits: Sequence[Splits], inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return what each training's inputs are multiplied by, and what is added then."""
    moments = [normalisation(each, inputs) for each in splits]
    return torch.stack([scale for scale, _ in moments]), torch.stack([it for _, it in moments])
